use super::*;

fn confirmed(marks: Marks) -> Delivery {
    Delivery {
        marks,
        ..Delivery::default()
    }
}

fn add(delivery: &mut Delivery, n: u64, text: &str, now_ms: u64) -> Option<Line> {
    let mark = "[192.168.1.100] ".to_owned();
    delivery.added(n, mark, text.to_owned(), Status::Queued, now_ms)
}

fn text(text: &str) -> Line {
    Line::text("[192.168.1.100] ".to_owned(), text)
}

#[test]
fn a_text_is_printed_when_it_arrived() {
    let mut delivery = confirmed(Marks::Shown);
    assert_eq!(add(&mut delivery, 1, "hello", 0), None);
    assert_eq!(delivery.updated(1, Status::Sent), None);
    assert_eq!(
        delivery.updated(1, Status::Delivered),
        Some(text("hello ✓"))
    );
    assert_eq!((delivery.take_arrived(), delivery.deadline()), (0, None));
}

#[test]
fn a_text_that_takes_longer_is_printed_once_and_its_arrival_is_a_line_for_all() {
    let mut delivery = confirmed(Marks::Shown);
    add(&mut delivery, 1, "one", 0);
    add(&mut delivery, 2, "two", 100);
    assert_eq!(delivery.deadline(), Some(300));
    assert_eq!(delivery.due(299), []);
    assert_eq!(delivery.due(300), [text("one …")]);
    assert_eq!(
        (delivery.deadline(), delivery.visibly_waiting()),
        (Some(400), 1)
    );
    assert_eq!(delivery.due(400), [text("two …")]);
    assert_eq!(delivery.updated(1, Status::Delivered), None);
    assert_eq!(delivery.updated(2, Status::Delivered), None);
    assert_eq!(
        (delivery.take_arrived(), delivery.visibly_waiting()),
        (2, 0)
    );
    assert_eq!(delivery.take_arrived(), 0);
}

#[test]
fn where_nothing_is_repeated_only_lateness_is_said() {
    let mut delivery = confirmed(Marks::Silent);
    for n in 1..=3 {
        assert_eq!(add(&mut delivery, n, "x", n * 1000), None);
    }
    delivery.updated(1, Status::Delivered);
    assert_eq!(delivery.deadline(), Some(7_000));
    assert_eq!(
        delivery.due(7_000),
        [Line::note("[!] Not delivered yet: 1")]
    );
    assert_eq!(delivery.deadline(), Some(8_000));
    assert_eq!(
        delivery.due(8_000),
        [Line::note("[!] Not delivered yet: 2")]
    );
    assert_eq!((delivery.due(9_000), delivery.deadline()), (vec![], None));
    delivery.updated(2, Status::Delivered);
    assert_eq!(delivery.visibly_waiting(), 1);
}

#[test]
fn the_old_program_confirms_nothing() {
    for (repeats, printed) in [(true, Some(text("hello"))), (false, None)] {
        let mut delivery = confirmed(Marks::Unconfirmed { repeats });
        assert_eq!(add(&mut delivery, 1, "hello", 0), printed);
        assert_eq!(delivery.waiting(), 1);
        assert_eq!(delivery.updated(1, Status::Sent), None);
        assert_eq!((delivery.waiting(), delivery.counts.sent), (0, 1));
    }
}

#[test]
fn texts_that_failed_are_named_once_with_their_number() {
    let mut delivery = confirmed(Marks::Shown);
    add(&mut delivery, 1, "are you still there", 0);
    add(&mut delivery, 2, "call me\ntomorrow", 0);
    add(&mut delivery, 3, "ok", 0);
    delivery.updated(3, Status::Delivered);
    // Not printed yet: it is now, or it would be named without having been seen.
    assert!(delivery.updated(1, Status::Failed).is_some());
    delivery.updated(2, Status::Failed);
    let named = "Not delivered: 2. \"are you still there\" | \"call me tomorrow\"";
    assert_eq!(delivery.take_failed().as_deref(), Some(named));
    assert_eq!(delivery.take_failed(), None);
}

#[test]
fn counts_follow_each_text_through_its_stages() {
    let mut delivery = confirmed(Marks::Shown);
    add(&mut delivery, 1, "four", 0);
    assert_eq!(
        (delivery.counts.queued, delivery.counts.waiting_bytes),
        (1, 4)
    );
    delivery.updated(1, Status::Sent);
    assert_eq!(
        (delivery.counts.queued, delivery.counts.waiting_bytes),
        (0, 4)
    );
    assert_eq!(delivery.waiting(), 1, "until it has arrived");
    delivery.updated(1, Status::Delivered);
    delivery.updated(1, Status::Delivered);
    delivery.updated(99, Status::Failed);
    let Counts {
        sent, delivered, ..
    } = delivery.counts;
    assert_eq!((sent, delivered, delivery.waiting()), (1, 1, 0));
    assert_eq!(delivery.take_failed(), None);
}

#[test]
fn memory_stays_bounded_however_many_texts_wait() {
    let mut delivery = confirmed(Marks::Shown);
    for n in 0..3_000 {
        add(&mut delivery, n, "x", 0);
    }
    assert_eq!(
        (delivery.own.len(), delivery.counts.queued),
        (REMEMBERED, REMEMBERED)
    );
}
