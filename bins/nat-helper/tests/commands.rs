//! The commands that people and scripts use: once, exactly, both, for a command, list, unmap.

mod support;

use std::process::{Output, Stdio};

use support::nat_lab::{KilledOnDrop, NatLab, lines, next};
use support::{NAT_HELPER, SOON};

/// Runs nat-helper on one of the lab's computers to its end: exit code, stdout, stderr.
fn run(lab: &NatLab, namespace: &str, line: &str) -> (i32, String, String) {
    let mut command = lab.command(namespace, NAT_HELPER);
    let words = line.split(' ').filter(|word| !word.is_empty());
    let output: Output = command
        .args(words)
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().expect("an exit code"),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn once_and_quiet_print_the_address_and_leave_the_port_open() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let (code, said, aside) = run(&lab, "lan", "map 8080 --once -q");
    assert_eq!((code, &*said, &*aside), (0, "128.66.0.1:8080\n", ""));
    assert!(lab.passes(8080, 8080), "it is still open");
}

#[test]
fn exact_fails_where_the_router_gives_another_port_and_leaves_none_open() {
    for (option, reason) in [
        ("--no-upnp", " instead of 8080)"),
        // UPnP tells whose it is, too.
        ("--no-natpmp", "(router: port 8080 belongs to 192.168.77.3)"),
    ] {
        let Some(lab) = NatLab::with(&[option]) else {
            return;
        };
        run(&lab, "lan2", "map 8080 --once -q");
        let (code, said, aside) = run(&lab, "lan", "map 8080 --exact");
        assert_eq!((code, &*said), (1, ""));
        assert!(aside.contains(reason), "{aside}");
        assert!(!lab.rules().contains("192.168.77.2"), "{}", lab.rules());
    }
}

#[test]
fn both_protocols_get_the_same_port() {
    for options in [&["--no-upnp"][..], &["--no-natpmp"]] {
        let Some(lab) = NatLab::with(options) else {
            return;
        };
        // Taken for tcp alone, so that udp could have what tcp cannot.
        run(&lab, "lan2", "map 8080 --once -q");
        let (code, said, aside) = run(&lab, "lan", "map 8080 --protocol both --once -q");
        assert_eq!(code, 0, "{aside}");
        let port = said.trim().rsplit(':').next().expect("a port");
        assert_ne!(port, "8080");
        let rules = lab.rules();
        let forwards = |protocol: &str| {
            rules.contains(&format!(
                "{protocol} th dport {port} dnat ip to 192.168.77.2:8080"
            ))
        };
        // The numbers of tcp and udp.
        assert!(forwards("0x6") && forwards("0x11"), "{rules}");
    }
}

#[test]
fn a_command_knows_its_address_and_its_exit_code_is_passed_on() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let mut command = lab.command("lan", NAT_HELPER);
    let script = "echo $NAT_ADDRESS $NAT_HOST $NAT_PORT; exit 7";
    command.args(["map", "8080", "--", "sh", "-c", script]);
    let output = command.stdin(Stdio::null()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, "128.66.0.1:8080 128.66.0.1 8080\n");
    let aside = String::from_utf8_lossy(&output.stderr);
    assert!(aside.ends_with("Removed 128.66.0.1:8080.\n"), "{aside}");
    assert_eq!(output.status.code(), Some(7));
    assert!(!lab.rules().contains("8080"), "{}", lab.rules());
}

#[test]
fn a_command_behind_a_carrier_knows_its_ipv6_address() {
    let Some(lab) = NatLab::with(&["--cgnat"]) else {
        return;
    };
    let mut command = lab.command("lan", NAT_HELPER);
    let script = "echo $NAT_ADDRESS $NAT_HOST $NAT_PORT";
    command.args(["map", "8080", "--", "sh", "-c", script]);
    let output = command.stdin(Stdio::null()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, "[3ffe:77::2]:8080 3ffe:77::2 8080\n");
}

#[test]
fn udp_alone_carries_packets_and_leaves_tcp_closed() {
    for options in [&["--no-upnp"][..], &["--no-natpmp"]] {
        let Some(lab) = NatLab::with(options) else {
            return;
        };
        let (code, said, aside) = run(&lab, "lan", "map 8080 --protocol udp --once -q");
        assert_eq!((code, &*said), (0, "128.66.0.1:8080\n"), "{aside}");
        let mut listener = lab
            .command("lan", "ncat")
            .args(["-4", "-u", "-v", "-l", "192.168.77.2", "8080"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map(KilledOnDrop)
            .expect("ncat starts");
        let ready = lines(listener.0.stderr.take().expect("piped"));
        while !next(&ready, SOON)
            .expect("ncat listens")
            .contains("Listening")
        {}
        let heard = lines(listener.0.stdout.take().expect("piped"));
        let send = "echo a packet | ncat -4 -u --send-only 128.66.0.1 8080";
        let mut sender = lab.command("wan", "sh");
        let sent = sender.args(["-c", send]).status().expect("sh runs");
        assert!(sent.success());
        assert_eq!(next(&heard, SOON).as_deref(), Some("a packet"));
        assert!(!lab.passes(8080, 8080), "tcp is closed");
    }
}

#[test]
fn a_command_that_cannot_be_run_leaves_no_open_port() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let (code, _, aside) = run(&lab, "lan", "map 8080 -- /no/such/program");
    assert_eq!(code, 126);
    assert!(aside.contains("cannot run /no/such/program"), "{aside}");
    assert!(!lab.rules().contains("8080"), "{}", lab.rules());
}

#[test]
fn the_list_shows_everybodys_ports_and_only_own_ones_are_closed() {
    let Some(lab) = NatLab::with(&["--no-natpmp"]) else {
        return;
    };
    run(&lab, "lan2", "map 7070 --once -q");
    run(&lab, "lan", "map 8080 --once -q");
    // One of ours that another program made.
    lab.run(
        "lan",
        "upnpc -u http://192.168.77.1:5000/rootDesc.xml -e other -a 192.168.77.2 9090 9090 UDP 600",
    );
    let (code, said, _) = run(&lab, "lan", "list");
    assert_eq!(code, 0);
    let rows: Vec<Vec<_>> = said
        .lines()
        .map(|row| {
            row.split("  ")
                .map(str::trim)
                .filter(|c| !c.is_empty())
                .collect()
        })
        .collect();
    let row = |address: &str| {
        let mut rows = rows.iter().filter(|row| row[0] == address);
        rows.next().unwrap_or_else(|| panic!("{address} in {said}"))
    };
    let own = row("128.66.0.1:8080");
    assert_eq!(own[1..3], ["192.168.77.2:8080", "tcp"]);
    assert_eq!(own[4..], ["this computer", "p2p-chat"]);
    assert_eq!(row("128.66.0.1:7070")[4..], ["192.168.77.3", "p2p-chat"]);
    assert_eq!(row("128.66.0.1:9090")[4..], ["this computer", "other"]);

    let (code, said, aside) = run(&lab, "lan", "unmap 7070 --json");
    assert_eq!(code, 1);
    let begins = "{\"type\":\"error\",\"code\":\"mapping_refused\",";
    assert!(said.starts_with(begins), "{said}");
    assert_eq!(
        aside,
        "Port 7070 belongs to 192.168.77.3 (\"p2p-chat\"). Unmapping other people's entries is \
         refused.\n"
    );
    let (code, said, _) = run(&lab, "lan", "unmap --all");
    assert_eq!((code, &*said), (0, "Removed 128.66.0.1:8080 (tcp).\n"));
    let rules = lab.rules();
    let is_open = |port: u16| rules.contains(&format!("dport {port} dnat"));
    assert!(is_open(7070) && is_open(9090) && !is_open(8080), "{rules}");
    assert!(!rules.contains("dport 8080"), "nor by IPv6: {rules}");
}

#[test]
fn what_pcp_opened_is_closed_without_a_list() {
    let Some(lab) = NatLab::with(&["--no-upnp"]) else {
        return;
    };
    run(&lab, "lan", "map 8080 --once -q");
    assert!(lab.rules().contains("dport 8080"));
    let error = |code: &str| format!("{{\"type\":\"error\",\"code\":\"{code}\",");
    let (code, said, aside) = run(&lab, "lan", "list --json");
    assert_eq!(code, 1);
    assert!(aside.contains("cannot list"), "{aside}");
    assert!(said.starts_with(&error("unavailable")), "{said}");
    let (code, said, _) = run(&lab, "lan", "unmap --all --json");
    assert_eq!(code, 1);
    assert!(said.starts_with(&error("unavailable")), "{said}");
    assert_eq!(run(&lab, "lan", "unmap 8080").0, 0);
    assert!(!lab.rules().contains("dport 8080"), "{}", lab.rules());
}

#[test]
fn json_alone_is_on_stdout() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let (code, said, aside) = run(&lab, "lan", "map 8080 --once --json");
    assert_eq!(code, 0);
    let begins = "{\"type\":\"port_mapped\",\"port\":8080,\"protocol\":\"tcp\",\
                  \"external_address\":\"128.66.0.1:8080\",\"method\":\"pcp\",\"lease_s\":3600,";
    assert!(
        said.starts_with(begins) && said.lines().count() == 1,
        "{said}"
    );
    assert!(aside.contains("Left open for 1 h."), "{aside}");
    let (_, said, _) = run(&lab, "lan", "list --json");
    let begins = "{\"type\":\"port_listed\",\"external_address\":\"128.66.0.1:8080\"";
    assert!(
        said.starts_with(begins) && said.lines().count() == 1,
        "{said}"
    );
    assert!(said.contains("\"own\":true"), "{said}");
    let (code, said, _) = run(&lab, "lan", "--json");
    assert_eq!(code, 0);
    assert!(said.starts_with("{\"type\":\"probed\""), "{said}");
}

#[test]
fn a_chosen_interface_or_gateway_is_the_only_one_asked() {
    let Some(lab) = NatLab::with(&["--two-igd"]) else {
        return;
    };
    let (code, said, _) = run(&lab, "lan", "map 8080 --once -q --gateway 192.168.77.254");
    assert_eq!((code, &*said), (0, "128.66.0.3:8080\n"));
    let (code, said, _) = run(&lab, "lan", "map 8080 --once -q --interface lan0");
    assert_eq!((code, &*said), (0, "128.66.0.1:8080\n"));
    // A router of one version of IP is asked by no other.
    let (_, said, _) = run(&lab, "lan", "--json --gateway 192.168.77.1");
    assert!(said.contains("\"pcp\"") && !said.contains("ipv6"), "{said}");
    let (code, said, _) = run(&lab, "lan", "map 8080 --once -q --gateway 3ffe:77::1");
    assert_eq!((code, &*said), (0, "[3ffe:77::2]:8080\n"));
    let (code, said, aside) = run(&lab, "lan", "--json --interface nosuch0");
    assert_eq!(code, 2);
    let sentence = "no interface \"nosuch0\" has an address; those that have: lan0";
    assert_eq!(aside, format!("{sentence}\n"));
    let begins = "{\"type\":\"error\",\"code\":\"invalid_message\",\"message\":\"no interface";
    assert!(said.starts_with(begins), "{said}");
}
