//! Ports of a real router: opened, kept and closed through the plugin's pipe.

mod support;

use std::time::Duration;

use p2p_chat_protocol::nat::NatEvent;
use p2p_chat_protocol::read;
use rustix::process::Signal;

use support::nat_lab::{LAN_IP, NatLab, PUBLIC_IP, ROUTER_IP};
use support::{MAP, UNMAP, forwards, ipv4_home, plugin_in};

#[test]
fn bytes_pass_through_a_mapped_port_until_stdin_ends() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(MAP);
    let reply = plugin.event();
    assert_eq!(reply.reply_to, Some(1));
    let NatEvent::PortMapped(mapped) = reply.message else {
        panic!("{reply:?}");
    };
    assert_eq!(mapped.external_address, format!("{PUBLIC_IP}:8080"));
    assert_eq!((mapped.port, mapped.lease_s), (8080, 3600));
    assert_eq!(mapped.method, "pcp");
    assert!(mapped.took_ms > 0);
    assert!(lab.passes(8080, 8080), "bytes arrive");
    assert_eq!(plugin.written_to_disk(), 0);

    let (status, took) = plugin.end();
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(2), "took {took:?}");
    assert!(!forwards(&lab, 8080), "{}", lab.rules());
    assert!(!lab.passes(8080, 8080), "bytes no longer arrive");
}

#[test]
fn a_signal_removes_the_mapping_as_the_end_of_stdin_does() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    for signal in [Signal::TERM, Signal::INT] {
        let mut plugin = plugin_in(&lab, "lan");
        plugin.ask(MAP);
        plugin.mapped();
        assert!(forwards(&lab, 8080));
        plugin.signal(signal);
        let (status, took) = plugin.exit();
        assert_eq!(status.code(), Some(0), "{signal:?}");
        assert!(took < Duration::from_secs(2), "took {took:?}");
        assert!(!forwards(&lab, 8080), "{signal:?}: {}", lab.rules());
    }
}

#[test]
fn a_port_another_computer_has_is_replaced_by_another_port() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    let mut other = plugin_in(&lab, "lan2");
    other.ask(MAP);
    assert!(other.mapped().external_address.ends_with(":8080"));

    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(MAP);
    let mapped = plugin.mapped();
    let (host, external) = mapped.external_address.rsplit_once(':').expect("host:port");
    let external: u16 = external.parse().expect("a port");
    assert_eq!((host, mapped.port), (PUBLIC_IP, 8080));
    assert_ne!(external, 8080);
    assert!(lab.passes(external, 8080), "bytes arrive by the other port");

    plugin.end();
    assert!(!forwards(&lab, external), "its own is removed");
    assert!(forwards(&lab, 8080), "the other computer's stays");
}

#[test]
fn ports_are_held_side_by_side_and_unmapped_one_by_one() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(MAP);
    plugin.ask(r#"{"type":"map_port","id":5,"port":9090,"external_port":19090,"lease_s":60}"#);
    let mut replies: Vec<_> = (0..2)
        .map(|_| {
            let event = plugin.event();
            let NatEvent::PortMapped(mapped) = event.message else {
                panic!("{event:?}");
            };
            (event.reply_to, mapped.external_address)
        })
        .collect();
    replies.sort();
    let outside = |port| format!("{PUBLIC_IP}:{port}");
    assert_eq!(
        replies,
        [(Some(1), outside(8080)), (Some(5), outside(19_090))]
    );

    plugin.ask(UNMAP);
    assert_eq!((plugin.event().message), NatEvent::Ok);
    assert!(
        !forwards(&lab, 8080) && forwards(&lab, 19_090),
        "{}",
        lab.rules()
    );
    plugin.ask(UNMAP);
    assert_eq!(
        plugin.event().message,
        NatEvent::Ok,
        "also where it is not open"
    );
    plugin.end();
    assert!(!forwards(&lab, 19_090));
}

#[test]
fn requests_for_one_port_take_effect_in_their_order() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(MAP);
    plugin.mapped();
    // All at once: what is asked last is what stays.
    plugin.ask(UNMAP);
    plugin.ask(&MAP.replace(":1,", ":3,"));
    let unmapped = plugin.event();
    assert_eq!(
        (unmapped.reply_to, unmapped.message),
        (Some(2), NatEvent::Ok)
    );
    let again = plugin.event();
    assert_eq!(again.reply_to, Some(3));
    assert!(
        matches!(again.message, NatEvent::PortMapped(_)),
        "{again:?}"
    );
    assert!(forwards(&lab, 8080));
    plugin.end();
    assert!(!forwards(&lab, 8080));
}

#[test]
fn probe_tells_what_router_there_is() {
    let Some(lab) = NatLab::with(&[]) else {
        return;
    };
    let mut plugin = plugin_in(&lab, "lan");
    plugin.ask(r#"{"type":"probe","id":4}"#);
    let line = plugin.line().expect("an answer");
    let expected = format!(
        "{{\"type\":\"probed\",\"reply_to\":4,\"gateway\":\"{ROUTER_IP}\",\
         \"gateway_name\":\"Debian router\",\"local_ip\":\"{LAN_IP}\",\"interface\":\"lan0\",\
         \"external_ip\":\"{PUBLIC_IP}\",\"methods\":[\"pcp\",\"nat-pmp\",\"upnp\"],\
         \"igd_version\":2,\"ipv6\":\"3ffe:77::2\",\"ipv6_method\":\"pcp\",\"addresses\":[\
         {{\"interface\":\"lan0\",\"ip\":\"{LAN_IP}\"}},\
         {{\"interface\":\"lan0\",\"ip\":\"3ffe:77::2\"}}],\"reach\":\"reachable\",\
         \"verdict\":\"Reachable: this router forwards ports on request.\"}}"
    );
    assert_eq!(line, expected);
    assert!(read::<NatEvent>(line.as_bytes()).is_ok());
}
