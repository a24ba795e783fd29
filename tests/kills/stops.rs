//! Processes that are stopped for longer than anybody's patience, while texts flow both ways.

use std::time::{Duration, Instant};

use crate::STARTED_AGAIN;
use crate::support::secure_chat::{
    chatting, chatting_on_screen, chatting_with, listener, texts_of_peer,
};
use crate::support::{Chat, Piped, Stopped, children_of, plugin_of, repository};

/// Long enough for a plugin that reads nothing to be found out, which takes 10 s.
const STOPPED: Duration = Duration::from_secs(15);
/// Texts of each side meanwhile.
const TEXTS: usize = 30;
/// Their size in bytes: two seconds of them fill a pipe.
const LARGE: usize = 20_000;
/// Where nothing is to be filled.
const SMALL: usize = 100;

/// The time itself is what is tested, so it passes for all at once.
#[test]
fn a_process_that_is_stopped_for_15_s_costs_no_text() {
    std::thread::scope(|scope| {
        for victim in [Victim::Listener, Victim::Connector] {
            scope.spawn(move || a_stopped_transport_is_replaced(victim));
        }
        scope.spawn(a_stopped_ui_is_replaced);
        scope.spawn(a_stopped_nat_helper_is_not_missed);
        scope.spawn(a_stopped_supervisor_goes_on);
    });
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Victim {
    Listener,
    Connector,
}

fn a_stopped_transport_is_replaced(victim: Victim) {
    let (mut listener, mut connector) = chatting();
    let supervisor = match victim {
        Victim::Listener => listener.pid(),
        Victim::Connector => connector.pid(),
    };
    let transport = plugin_of(supervisor, "transport");
    let stopped = Stopped::stop(transport);
    both_say(&mut listener, &mut connector, LARGE);
    stopped.go_on();
    all_came(&listener, &connector);
    assert_ne!(plugin_of(supervisor, "transport"), transport, "{victim:?}");
    let stopped = match victim {
        Victim::Listener => &listener,
        Victim::Connector => &connector,
    };
    let said = stopped.stdout.so_far();
    assert_eq!(said.matches(STARTED_AGAIN).count(), 1, "{victim:?}");
    ends_well(listener, connector, LARGE);
}

fn a_stopped_ui_is_replaced() {
    let (mut listener, mut connector) = chatting_on_screen(listener());
    let ui = plugin_of(listener.pid(), "ui");
    let stopped = Stopped::stop(ui);
    over_the_time(|n| {
        connector.line(&text(n, LARGE));
    });
    stopped.go_on();
    let expect = |text: &str| drop(listener.printed.expect(text).expect("it is shown"));
    // By the first ui, and again by the new one, with all that came since.
    expect("[peer 127.0.0.1] hello");
    expect("[peer 127.0.0.1] hello");
    expect("[me 127.0.0.1] hi");
    (1..=TEXTS).for_each(|n| expect(&format!("[peer 127.0.0.1] <{n}>")));
    assert_ne!(plugin_of(listener.pid(), "ui"), ui);
    listener.keys("and back\r");
    connector.expect("[peer 127.0.0.1] and back");
    listener.keys("/quit\r");
    assert_eq!(listener.exit_code(), 0);
    assert_eq!(connector.exit_code(), Some(0));
    assert_eq!(texts_of_peer(&connector.stdout.all()), ["hi", "and back"]);
}

/// Nothing is asked of it, so nobody can know; and nobody needs it before the end.
fn a_stopped_nat_helper_is_not_missed() {
    let router = tempfile::tempdir().expect("a folder");
    let port = router.path().join("port");
    let script = repository().join("tests/python/paper_router.py");
    let chat = Chat::listen_with_nat_helper(script.display().to_string());
    let chat = chat.env("ROUTER", &port.display().to_string());
    let (mut listener, mut connector) = chatting_with(chat);
    let nat_helper = plugin_of(listener.pid(), "python3");
    let stopped = Stopped::stop(nat_helper);
    both_say(&mut listener, &mut connector, SMALL);
    // While it is stopped.
    all_came(&listener, &connector);
    assert!(port.exists());
    stopped.go_on();
    assert_eq!(plugin_of(listener.pid(), "python3"), nat_helper);
    ends_well(listener, connector, SMALL);
    assert!(!port.exists(), "its port stayed open");
}

fn a_stopped_supervisor_goes_on() {
    let (mut listener, mut connector) = chatting();
    let children = children_of(listener.pid());
    let stopped = Stopped::stop(listener.pid());
    both_say(&mut listener, &mut connector, SMALL);
    stopped.go_on();
    all_came(&listener, &connector);
    assert_eq!(children_of(listener.pid()), children, "nobody was replaced");
    ends_well(listener, connector, SMALL);
}

/// Does something for each text, evenly spread over the time: the texts are to come all the while.
fn over_the_time(mut say: impl FnMut(usize)) {
    let begun = Instant::now();
    for n in 1..=TEXTS {
        say(n);
        let next = STOPPED * u32::try_from(n).expect("few") / u32::try_from(TEXTS).expect("few");
        std::thread::sleep(next.saturating_sub(begun.elapsed()));
    }
}

fn both_say(listener: &mut Piped, connector: &mut Piped, size: usize) {
    over_the_time(|n| {
        listener.line(&text(n, size));
        connector.line(&text(n, size));
    });
}

fn text(n: usize, size: usize) -> String {
    format!("<{n}>{}", "x".repeat(size))
}

fn all_came(listener: &Piped, connector: &Piped) {
    for side in [listener, connector] {
        side.expect(&format!("[peer 127.0.0.1] <{TEXTS}>"));
    }
}

/// Whoever called leaves; both have seen every text once and in order.
fn ends_well(mut listener: Piped, mut connector: Piped, size: usize) {
    connector.line("/quit");
    assert_eq!(connector.exit_code(), Some(0));
    assert_eq!(listener.exit_code(), Some(0));
    for (side, first) in [(listener, "hello"), (connector, "hi")] {
        let said = side.stdout.all();
        let texts = texts_of_peer(&said);
        assert_eq!(texts[0], first);
        // Not compared as a whole, which would print it.
        assert_eq!(texts.len(), 1 + TEXTS);
        for (n, shown) in (1..).zip(&texts[1..]) {
            assert!(*shown == text(n, size), "text {n} is not in its place");
        }
    }
}
