//! Routers that do what no real daemon can be made to do. Whatever it is: little memory, little
//! time, and a plain answer.

#[path = "support/fake_router.rs"]
mod fake_router;
mod support;

use std::time::{Duration, Instant};

use p2p_chat_protocol::ErrorCode;

use fake_router::FakeRouter;
use support::nat_lab::{self, NatLab};
use support::{MAP, NAT_HELPER, Plugin, plugin_in, watchful_in};

/// A search of 3.8 s, or an answer that is waited for 3 s; a busy machine gets some more.
const LIMIT: Duration = Duration::from_millis(4_500);

/// Not a test: the fake router's process begins here.
#[test]
fn fake_router_process() {
    fake_router::serve_if_asked();
}

fn start(manner: &str) -> Option<(NatLab, FakeRouter, Plugin)> {
    let lab = NatLab::with(&["--no-daemon"])?;
    let router = FakeRouter::start(&lab, manner, "fake_router_process");
    let plugin = plugin_in(&lab, "lan");
    Some((lab, router, plugin))
}

/// A router that opens ports only for ever opens one, which is said, and removed at the end.
fn opens_for_ever(manner: &str) {
    let Some((_lab, router, mut plugin)) = start(manner) else {
        return;
    };
    let begun = Instant::now();
    plugin.ask(MAP);
    let mapped = plugin.mapped();
    assert!(begun.elapsed() < LIMIT, "took {:?}", begun.elapsed());
    assert_eq!((mapped.lease_s, &*mapped.method), (0, "upnp"));
    let taken = manner.starts_with("any-");
    assert_eq!(mapped.external_address != "128.66.0.1:8080", taken);
    let reason = mapped.reason.expect("it is said");
    assert!(reason.contains("only for ever"), "{reason}");
    plugin.assert_small();
    assert_eq!(plugin.end().0.code(), Some(0));
    router.wait_for("deleteportmapping");
}

#[test]
fn error_725_becomes_a_port_for_ever_that_is_removed_at_the_end() {
    opens_for_ever("for-ever-725");
    opens_for_ever("any-725");
}

#[test]
fn error_402_becomes_a_port_for_ever_that_is_removed_at_the_end() {
    opens_for_ever("for-ever-402");
    opens_for_ever("any-402");
}

#[test]
fn a_router_that_keeps_another_name_is_asked_for_one_port_and_told_to_close_it() {
    let Some((lab, router, _plugin)) = start("renames") else {
        return;
    };
    let mut plugin = watchful_in(&lab, "lan");
    plugin.ask(MAP);
    assert_eq!(plugin.mapped().external_address, "128.66.0.1:8080");
    router.wait_for("addportmapping");
    // A look, and what came of it: another look.
    for _ in 0..2 {
        router.wait_for("getspecificportmappingentry");
    }
    let asked = router.asked();
    assert!(
        !asked
            .iter()
            .any(|action| action.contains("portmapping") && action.contains("add")),
        "{asked:?}"
    );
    assert_eq!(plugin.end().0.code(), Some(0));
    router.wait_for("deleteportmapping");
}

#[test]
fn a_port_left_open_for_ever_is_told_even_where_little_is_said() {
    let Some((lab, _router, _plugin)) = start("for-ever-725") else {
        return;
    };
    let mut map = lab.command("lan", NAT_HELPER);
    map.args(["map", "8080", "--once", "-q"]);
    let output = map.output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&output.stdout), "128.66.0.1:8080\n");
    let told = "Left open for ever. To close it: nat-helper unmap 8080\n";
    assert_eq!(text(&output.stderr), told);
}

#[test]
fn error_724_becomes_the_same_port_outside_as_inside() {
    let Some((_lab, _router, mut plugin)) = start("same-port") else {
        return;
    };
    let begun = Instant::now();
    plugin.ask(r#"{"type":"map_port","id":1,"port":8080,"external_port":9090,"lease_s":60}"#);
    assert_eq!(plugin.mapped().external_address, "128.66.0.1:8080");
    assert!(begun.elapsed() < LIMIT, "took {:?}", begun.elapsed());
    plugin.assert_small();
}

#[test]
fn a_list_without_an_end_keeps_nobody() {
    let Some((lab, _router, mut plugin)) = start("endless") else {
        return;
    };
    let begun = Instant::now();
    plugin.ask(MAP);
    assert_ne!(plugin.mapped().external_address, "128.66.0.1:8080");
    assert!(begun.elapsed() < LIMIT, "took {:?}", begun.elapsed());
    plugin.assert_small();

    let begun = Instant::now();
    let mut list = lab.command("lan", NAT_HELPER);
    let output = list.args(["list", "--json"]).output().expect("it runs");
    // Ten seconds of reading, after at most four of searching.
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(16), "took {took:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = said.lines().last().unwrap_or_default();
    assert!(
        last.contains("\"type\":\"error\"") && last.contains("did not tell all"),
        "{last}"
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(said.len() < 512 * 300, "names are cut: {}", said.len());
}

#[test]
fn an_entry_that_cannot_be_read_hides_none_of_the_others() {
    let Some((lab, router, mut plugin)) = start("rubbish") else {
        return;
    };
    plugin.ask(MAP);
    assert_eq!(plugin.mapped().external_address, "128.66.0.1:8080");
    let mut list = lab.command("lan", NAT_HELPER);
    let output = list.arg("list").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("\n128.66.0.1:8080 "), "{said}");
    assert!(said.contains("1 open port. 1 cannot be read."), "{said}");
    assert_eq!(plugin.end().0.code(), Some(0));
    router.wait_for("deleteportmapping");
}

#[test]
fn a_lease_shorter_than_was_asked_is_seen_in_the_list_and_renewed_in_time() {
    let Some((_lab, router, mut plugin)) = start("short") else {
        return;
    };
    plugin.ask(MAP);
    assert_eq!(plugin.mapped().lease_s, 3600);
    router.asked();
    router.wait_for("addportmapping");
    plugin.end();
}

/// An answer that cannot be used is a refusal, in time and in little memory.
fn is_refused(manner: &str, reason: &str) {
    let Some((_lab, _router, mut plugin)) = start(manner) else {
        return;
    };
    let begun = Instant::now();
    plugin.ask(MAP);
    let refusal = plugin.refused();
    let took = begun.elapsed();
    assert_eq!(refusal.code, ErrorCode::MappingRefused);
    let end = format!("(router: {reason})");
    assert!(refusal.message.ends_with(&end), "{}", refusal.message);
    assert!(took < LIMIT, "took {took:?}");
    plugin.assert_small();
    let (status, took) = plugin.end();
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(2), "took {took:?}");
}

#[test]
fn an_answer_of_ten_megabytes_is_not_read() {
    is_refused("huge-soap", "its answer makes no sense");
}

#[test]
fn an_answer_that_drips_is_not_waited_for() {
    is_refused("drips-soap", "no answer in 3 s");
}

#[test]
fn a_port_that_is_granted_for_no_time_is_refused() {
    is_refused("pcp 0", "it opens the port for no time at all");
    is_refused("nat-pmp 0", "it opens the port for no time at all");
}

#[test]
fn a_port_that_is_granted_for_a_second_is_renewed_once_a_second() {
    for manner in ["pcp 1", "nat-pmp 1"] {
        let Some((_lab, router, mut plugin)) = start(manner) else {
            return;
        };
        plugin.ask(MAP);
        assert_eq!(plugin.mapped().lease_s, 1);
        router.wait_for("map");
        let begun = Instant::now();
        router.wait_for("map");
        router.wait_for("map");
        router.wait_for("map");
        let took = begun.elapsed();
        // The first of the pauses may have begun earlier.
        assert!(took > Duration::from_millis(1_900), "took {took:?}");
        assert_eq!(plugin.end().0.code(), Some(0));
        router.wait_for("unmap");
    }
}

/// A description that cannot be used is no router, in time and in little memory.
fn is_no_router(manner: &str) {
    let Some((_lab, router, mut plugin)) = start(manner) else {
        return;
    };
    let begun = Instant::now();
    plugin.ask(MAP);
    let refusal = plugin.refused();
    let took = begun.elapsed();
    assert_eq!(refusal.code, ErrorCode::NoGateway, "{}", refusal.message);
    assert!(took < LIMIT, "took {took:?}");
    plugin.assert_small();
    let fetched = router.asked().iter().any(|action| action == "root");
    assert_eq!(fetched, manner != "elsewhere");
    assert_eq!(plugin.end().0.code(), Some(0));
}

#[test]
fn a_description_of_ten_megabytes_is_not_read() {
    is_no_router("huge");
}

#[test]
fn a_description_that_drips_is_not_waited_for() {
    is_no_router("drips");
}

#[test]
fn a_redirection_is_not_followed() {
    is_no_router("redirects");
}

#[test]
fn a_router_that_sends_to_another_computer_is_not_believed() {
    is_no_router("elsewhere");
}
