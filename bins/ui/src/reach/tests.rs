use super::*;

fn listening(own: &str, asking_router: bool) -> Listening {
    Listening {
        addresses: vec!["0.0.0.0:8080".to_owned(), "[::]:8080".to_owned()],
        own_addresses: vec![own.to_owned()],
        invite: format!("p2pc:{own}").into(),
        passcode: None,
        numbers: None,
        expires_ms: None,
        guesses_left: None,
        turned_away: 0,
        asking_router,
    }
}

/// The same with an invite that others outside can use, and a code.
fn shared(first: &str, asking_router: bool) -> Listening {
    Listening {
        invite: format!("p2pc:{first},192.168.1.100:8080#carrot-lemon-koala").into(),
        passcode: Some("carrot-lemon-koala".into()),
        ..listening("192.168.1.100:8080", asking_router)
    }
}

fn mapped(external: &str, method: &str) -> ReachabilityChanged {
    ReachabilityChanged {
        external_address: Some(external.to_owned()),
        method: Some(method.to_owned()),
        lease_s: Some(3600),
        ..Default::default()
    }
}

fn refused(reason: &str) -> ReachabilityChanged {
    ReachabilityChanged {
        reason: Some(reason.to_owned()),
        ..Default::default()
    }
}

#[test]
fn a_router_that_forwards_reads_as_designed() {
    let mut reach = Reach::default();
    let mut screen = reach.listening(
        &listening("192.168.1.100:8080", true),
        false,
        Now::default(),
    );
    // The whole state comes first, then what changed.
    let mut open = shared("203.0.113.7:8080", false);
    open.passcode = None;
    screen.extend(reach.listening(&open, false, Now::default()));
    screen.extend(reach.changed(&mapped("203.0.113.7:8080", "upnp"), Now::default()));
    let expected = [
        "[*] Listening on 0.0.0.0:8080",
        "[*] Asking your router to open the port...",
        "[*] UPnP: Port 8080 forwarded successfully",
        "[*] Your public IP: 203.0.113.7",
        "[*] Share your public IP (203.0.113.7) and port 8080 with peer to connect",
        "[*] Waiting for connection...",
    ];
    assert_eq!(screen, expected);
    assert_eq!(
        reach.status(Now::default()),
        "203.0.113.7:8080 by UPnP; renewed in 30 min, removed when you quit"
    );
}

#[test]
fn another_port_outside_is_said() {
    let mut reach = Reach::default();
    reach.listening(
        &listening("192.168.1.100:8080", true),
        false,
        Now::default(),
    );
    reach.listening(&shared("203.0.113.7:33089", false), false, Now::default());
    let screen = reach.changed(&mapped("203.0.113.7:33089", "pcp"), Now::default());
    let expected = "[*] PCP: Port 8080 forwarded successfully \
                    (from outside it is port 33089, because 8080 was taken)";
    assert_eq!(screen[0], expected);
    assert!(screen[2].contains("and port 33089 with"));
}

#[test]
fn a_computer_without_a_router_is_not_said_to_have_forwarded() {
    let mut reach = Reach::default();
    let own = "203.0.113.7:8080";
    reach.listening(&listening(own, true), false, Now::default());
    reach.listening(&listening(own, false), false, Now::default());
    let expected = [
        "[*] No router is in between.",
        "[*] Your public IP: 203.0.113.7",
        "[*] Share your public IP (203.0.113.7) and port 8080 with peer to connect",
        "[*] Waiting for connection...",
    ];
    let screen = reach.changed(&mapped(own, "direct"), Now::default());
    assert_eq!(screen, expected);
    assert_eq!(
        reach.status(Now::default()),
        "203.0.113.7:8080, without a router"
    );
}

#[test]
fn a_router_that_does_not_help_reads_as_designed() {
    let mut reach = Reach::default();
    reach.listening(
        &listening("192.168.1.100:8080", true),
        false,
        Now::default(),
    );
    let reason = "No UPnP-capable router found. Manual port forwarding required.";
    let expected = [
        "[!] No UPnP-capable router found. Manual port forwarding required.",
        "[*] Please manually forward port 8080 to 192.168.1.100 on your router",
        "[*] When done, type /public and your public address, for example: /public 203.0.113.7. \
         Or: let your friend listen and you connect.",
        "[*] In the same network it works now: p2pc:192.168.1.100:8080",
        "[*] Waiting for connection...",
    ];
    assert_eq!(reach.changed(&refused(reason), Now::default()), expected);
    assert_eq!(
        reach.status(Now::default()),
        format!("not from outside: {reason}")
    );
}

#[test]
fn without_asking_a_router_the_invite_of_the_home_network_is_shown() {
    let mut reach = Reach::default();
    let expected = [
        "[*] Listening on 0.0.0.0:8080",
        "[*] In the same network it works now: p2pc:192.168.1.100:8080",
        "[*] Waiting for connection...",
    ];
    assert_eq!(
        reach.listening(
            &listening("192.168.1.100:8080", false),
            false,
            Now::default()
        ),
        expected
    );
    assert_eq!(
        reach.status(Now::default()),
        "192.168.1.100:8080 in the same network"
    );
}

#[test]
fn a_loopback_address_is_no_invite() {
    for own in ["127.0.0.1:8080", "[::1]:8080"] {
        let mut reach = Reach::default();
        let screen = reach.listening(&listening(own, false), false, Now::default());
        assert_eq!(screen[1..], ["[*] Waiting for connection..."]);
        let mut reach = Reach::default();
        reach.listening(&listening(own, true), false, Now::default());
        let screen = reach.changed(&refused("No router."), Now::default());
        assert_eq!(screen, ["[!] No router.", "[*] Waiting for connection..."]);
    }
}

#[test]
fn the_same_state_again_says_nothing() {
    let (mut reach, state) = (Reach::default(), listening("192.168.1.100:8080", false));
    assert_eq!(reach.listening(&state, false, Now::default()).len(), 3);
    assert_eq!(reach.listening(&state, false, Now::default()), [""; 0]);
}

#[test]
fn the_ipv6_socket_is_a_detail_unless_it_is_the_only_one() {
    let addresses = ["0.0.0.0:8080".to_owned(), "[::]:8080".to_owned()];
    assert_eq!(sockets(&addresses, false).len(), 1);
    assert_eq!(sockets(&addresses, true).len(), 2);
    assert_eq!(
        sockets(&addresses[1..], false),
        ["[*] Listening on [::]:8080"]
    );
}

#[test]
fn later_changes_are_one_line() {
    let mut reach = Reach::default();
    reach.listening(
        &listening("192.168.1.100:8080", true),
        false,
        Now::default(),
    );
    reach.changed(&mapped("203.0.113.7:8080", "nat-pmp"), Now::default());
    let lost = reach.changed(&refused("The router is gone."), Now::default());
    assert_eq!(lost, ["[!] The router is gone."]);
    let back = reach.changed(&mapped("203.0.113.9:8080", "nat-pmp"), Now::default());
    let expected = "[*] Reachable from outside at 203.0.113.9:8080 by NAT-PMP";
    assert_eq!(back, [expected]);
    let why = "The router was restarted; the port is open again.";
    let again = ReachabilityChanged {
        reason: Some(why.to_owned()),
        ..mapped("203.0.113.9:8080", "nat-pmp")
    };
    let back = reach.changed(&again, Now::default());
    assert_eq!(back, [format!("{expected}. {why}")]);
}

#[test]
fn a_router_without_a_public_address_is_not_said_to_need_forwarding_by_hand() {
    let mut reach = Reach::default();
    let waiting = listening("192.168.1.100:8080", true);
    reach.listening(&waiting, false, Now::default());
    let why = "Nobody outside can reach you: your provider shares one public address among \
               customers (router has 100.64.0.2). Let your friend listen.";
    let shared = ReachabilityChanged {
        code: Some(ErrorCode::NoPublicAddress),
        ..refused(why)
    };
    let expected = [
        &format!("[!] {why}"),
        "[*] If your friend sees the same: you need IPv6 on both sides, a VPN between you, or a \
         server of your own (ssh -R). p2p-chat has no relay.",
        "[*] In the same network it works now: p2pc:192.168.1.100:8080",
        "[*] Waiting for connection...",
    ];
    assert_eq!(reach.changed(&shared, Now::default()), expected);
}

#[test]
fn a_listener_that_only_ipv6_reaches_is_reached_from_outside() {
    let mut reach = Reach::default();
    let own = |asking_router| {
        let mut listening = shared("[3ffe:77::2]:8080", asking_router);
        listening.own_addresses.push("[3ffe:77::2]:8080".to_owned());
        listening
    };
    reach.listening(&own(true), false, Now::default());
    reach.listening(&own(false), false, Now::default());
    let why = "Only by IPv6, so your friend needs it too. By IPv4: the router is silent.";
    let only = ReachabilityChanged {
        reason: Some(why.to_owned()),
        ..mapped("[3ffe:77::2]:8080", "pcp")
    };
    let expected = [
        "[*] PCP: Port 8080 forwarded successfully",
        "[*] Your public IP: 3ffe:77::2",
        &format!("[!] {why}"),
        "[*] Share your public IP (3ffe:77::2) and port 8080 with peer to connect",
    ];
    assert_eq!(reach.changed(&only, Now::default()), expected);
    assert!(reach.block()[0].starts_with("[*] and say this code by phone:"));
}

#[test]
fn the_rows_with_the_code_wait_for_the_router() {
    let mut reach = Reach::default();
    let waiting = shared("192.168.1.100:8080", true);
    let said = reach.listening(&waiting, false, Now::default());
    let asking = "[*] Asking your router to open the port...";
    assert_eq!(said, ["[*] Listening on 0.0.0.0:8080", asking]);
    assert_eq!(reach.block(), [""; 0]);
    let said = reach.listening(&shared("203.0.113.7:8080", false), false, Now::default());
    assert_eq!(said, [""; 0]);
    let said = reach.changed(&mapped("203.0.113.7:8080", "upnp"), Now::default());
    let share = "[*] Share your public IP (203.0.113.7) and port 8080 with peer to connect";
    assert_eq!(said.last().map(String::as_str), Some(share));
    assert!(reach.block()[0].starts_with("[*] and say this code by phone: carrot lemon koala"));
}

#[test]
fn a_public_address_is_shared_without_asking_a_router() {
    let mut reach = Reach::default();
    let said = reach.listening(&shared("me.example.net:81", false), false, Now::default());
    let share = "[*] Share your public name (me.example.net) and port 81 with peer to connect";
    assert_eq!(said, ["[*] Listening on 0.0.0.0:8080", share]);
    assert!(reach.block()[0].starts_with("[*] and say this code"));
}

#[test]
fn a_code_is_told_to_be_dead_only_when_its_time_is_over() {
    let code = |expires_ms, guesses_left| Listening {
        expires_ms: Some(expires_ms),
        guesses_left: Some(guesses_left),
        ..shared("192.168.1.100:8080", false)
    };
    let dead = |guesses_left| Listening {
        passcode: None,
        expires_ms: None,
        ..code(0, guesses_left)
    };
    let later = Now {
        unix_ms: 3_600_000,
        elapsed_ms: 3_600_000,
    };
    for (expires_ms, guesses_left, is_told) in [
        (3_600_000, 5, true),
        (3_600_001, 5, false),
        (3_600_000, 0, false),
    ] {
        let mut reach = Reach::default();
        reach.listening(&code(expires_ms, guesses_left), false, Now::default());
        let said = reach.listening(&dead(guesses_left), false, later);
        assert_eq!(!said.is_empty(), is_told, "{said:?}");
        assert_eq!(reach.block(), [""; 0]);
    }
}
