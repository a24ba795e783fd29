//! What another program or computer has open is neither taken nor removed.

mod support;

use support::nat_lab::NatLab;
use support::{MAP, NAT_HELPER, forwards, ipv4_home, plugin_in};

/// Another program of `computer` opens a port of the router for its own port.
fn other_program(lab: &NatLab, computer: &str, name: &str, arguments: &str) {
    let url = "http://192.168.77.1:5000/rootDesc.xml";
    lab.run(
        computer,
        &format!("upnpc -u {url} -e {name} -a {arguments} TCP 600"),
    );
}

/// What nat-helper says on stdout; it must succeed.
fn said(lab: &NatLab, line: &str) -> String {
    lab.run("lan", &format!("{NAT_HELPER} {line}"))
}

#[test]
fn the_port_of_another_program_of_this_computer_is_not_taken() {
    let Some(lab) = ipv4_home(&["--no-natpmp"]) else {
        return;
    };
    other_program(&lab, "lan", "other", "192.168.77.2 8080 8080");
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(MAP);
    assert_ne!(plugin.mapped().external_address, "128.66.0.1:8080");
    assert_eq!(plugin.end().0.code(), Some(0));
    let left = said(&lab, "list --json");
    assert_eq!(left.lines().count(), 1, "{left}");
    assert!(left.contains("\"name\":\"other\""), "{left}");
}

#[test]
fn a_port_that_another_program_took_over_is_not_removed() {
    let Some(lab) = ipv4_home(&["--no-natpmp"]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(MAP);
    plugin.mapped();
    other_program(&lab, "lan", "other", "192.168.77.2 9090 8080");
    assert_eq!(plugin.end().0.code(), Some(0));
    let left = said(&lab, "list --json");
    assert!(left.contains("\"name\":\"other\""), "{left}");
}

#[test]
fn what_nat_pmp_opened_is_ours_and_is_closed_where_its_port_is_named() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    // The router ignores PCP: its packets begin with a 2.
    lab.run(
        "router",
        "nft insert rule inet filter input meta l4proto udp th dport 5351 @th,64,8 2 drop",
    );
    said(&lab, "map 8080 --once -q");
    let listed = said(&lab, "list --json");
    assert!(listed.contains("\"name\":\"NAT-PMP 8080 tcp\""), "{listed}");
    assert!(listed.contains("\"own\":true"), "{listed}");
    // It may be another program's of this computer.
    assert_eq!(
        said(&lab, "unmap --all"),
        "Nothing of this program is open.\n\
         Left open: 128.66.0.1:8080 (tcp). NAT-PMP does not tell which program of this computer \
         opened it. To close it: nat-helper unmap 8080\n"
    );
    assert!(forwards(&lab, 8080));
    let removed = "Removed 128.66.0.1:8080 (tcp).\n";
    assert_eq!(said(&lab, "unmap 8080"), removed);
    assert!(!forwards(&lab, 8080), "{}", lab.rules());
}
