use super::*;

fn peer(direction: Direction, resumed: bool) -> PeerConnected {
    PeerConnected {
        address: "198.51.100.2:54321".to_owned(),
        local_address: "192.168.1.100:8080".to_owned(),
        direction,
        verification: Verification::Code,
        resumed,
    }
}

fn at(elapsed_ms: u64) -> Now {
    Now {
        unix_ms: 1_000_000 + elapsed_ms,
        elapsed_ms,
    }
}

fn chat(direction: Direction) -> Talk {
    let mut talk = Talk::default();
    talk.connected(&peer(direction, false), at(0), true);
    talk
}

fn mine(talk: &mut Talk, n: u64, text: &str, now_ms: u64) {
    let mut message = MessageAdded {
        n,
        from: Author::Me,
        ip: "192.168.1.100".into(),
        text: text.into(),
        at_ms: 1,
        status: Some(Status::Queued),
    };
    talk.added(&mut message, at(now_ms));
}

fn gone(reason: DisconnectReason, redialing: bool) -> PeerDisconnected {
    PeerDisconnected {
        address: "198.51.100.2:54321".to_owned(),
        reason,
        redialing,
        waiting: false,
        slept_s: None,
    }
}

#[test]
fn a_cut_line_is_told_by_who_has_to_do_something() {
    let cut = gone(DisconnectReason::Cut, true);
    let said = chat(Direction::Outgoing).disconnected(&cut, false);
    let expected =
        "[!] Connection cut. Trying again for 10 minutes. Keep typing: messages wait here.";
    assert_eq!(said, [expected]);
    let said = chat(Direction::Incoming).disconnected(&cut, false);
    let expected = "[!] Connection cut. Waiting for your friend to come back, 10 minutes.";
    assert_eq!(said, [expected]);
    assert_eq!(chat(Direction::Incoming).disconnected(&cut, true), [""; 0]);
}

#[test]
fn what_waited_is_told_with_the_news_that_the_line_is_back() {
    let mut talk = chat(Direction::Outgoing);
    talk.disconnected(&gone(DisconnectReason::Cut, true), false);
    mine(&mut talk, 1, "one", 0);
    mine(&mut talk, 2, "two", 0);
    assert_eq!(talk.settle(at(300)).len(), 2, "printed as they wait");
    let again = talk.connected(&peer(Direction::Outgoing, true), at(5_000), true);
    assert_eq!(again, [""; 0]);
    assert_eq!(talk.settle(at(5_000)), []);
    talk.delivery.updated(1, Status::Delivered);
    assert_eq!(talk.settle(at(5_010)), []);
    talk.delivery.updated(2, Status::Delivered);
    let news = Line::note("[+] Connected again. 2 delivered.");
    assert_eq!(talk.settle(at(5_020)), [news]);
    assert_eq!((talk.settle(at(9_000)), talk.deadline()), (vec![], None));
}

#[test]
fn a_line_that_is_back_is_told_after_a_second_at_the_latest() {
    let mut talk = chat(Direction::Outgoing);
    talk.connected(&peer(Direction::Outgoing, true), at(0), true);
    assert_eq!(talk.settle(at(0)), [Line::note("[+] Connected again.")]);
    mine(&mut talk, 1, "one", 0);
    talk.settle(at(300));
    talk.connected(&peer(Direction::Outgoing, true), at(1_000), true);
    assert_eq!(talk.deadline(), Some(2_000));
    assert_eq!(talk.settle(at(2_000)), [Line::note("[+] Connected again.")]);
    talk.delivery.updated(1, Status::Delivered);
    assert_eq!(talk.settle(at(2_001)), [Line::note("[*] 1 delivered")]);
}

#[test]
fn a_chat_that_could_not_be_taken_up_again_names_what_is_lost() {
    let mut talk = chat(Direction::Outgoing);
    talk.disconnected(&gone(DisconnectReason::Cut, true), false);
    mine(&mut talk, 1, "see you", 0);
    talk.delivery.updated(1, Status::Failed);
    let said = talk.disconnected(&gone(DisconnectReason::Cut, false), false);
    let expected = "[!] The chat ended: the line was cut for 10 minutes. \
                    Not delivered: 1. \"see you\". A new chat needs a new code.";
    assert_eq!(said, [expected]);
}

#[test]
fn a_computer_that_slept_says_for_how_long() {
    let mut talk = chat(Direction::Outgoing);
    talk.disconnected(&gone(DisconnectReason::Cut, true), false);
    mine(&mut talk, 1, "see you", 0);
    talk.delivery.updated(1, Status::Failed);
    let mut slept = gone(DisconnectReason::Cut, false);
    slept.slept_s = Some(3_660);
    let expected = [
        "[!] This computer slept for 61 minutes. The chat could not be continued (limit: 10). \
         A new chat needs a new code.",
        "[!] Not delivered: 1. \"see you\"",
    ];
    assert_eq!(talk.disconnected(&slept, false), expected);
}

#[test]
fn a_peer_that_left_had_everything_or_it_is_said_what_not() {
    let left = gone(DisconnectReason::Left, false);
    let who = "[*] Peer 198.51.100.2:54321 disconnected";
    assert_eq!(chat(Direction::Incoming).disconnected(&left, false), [who]);
    let mut talk = chat(Direction::Incoming);
    mine(&mut talk, 1, "one", 0);
    mine(&mut talk, 2, "two", 0);
    talk.delivery.updated(1, Status::Delivered);
    talk.delivery.updated(2, Status::Failed);
    let expected = [who, "[!] Not delivered: 1. \"two\""];
    assert_eq!(talk.disconnected(&left, false), expected);
    let mut talk = chat(Direction::Incoming);
    mine(&mut talk, 1, "one", 0);
    talk.delivery.updated(1, Status::Delivered);
    let all = format!("{who}. Everything you wrote was delivered.");
    assert_eq!(talk.disconnected(&left, false), [all]);
}

#[test]
fn a_line_that_cannot_be_mended_is_just_cut() {
    let said = chat(Direction::Incoming).disconnected(&gone(DisconnectReason::Cut, false), false);
    assert_eq!(said, ["[!] The line to 198.51.100.2:54321 was cut."]);
}
