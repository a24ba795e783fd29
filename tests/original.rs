//! p2p-chat and the original Python program: not one text is lost or altered, either way.

#[path = "support/original.rs"]
mod original;
#[path = "support/python.rs"]
mod python;
#[path = "support/skipped.rs"]
mod skipped;
mod support;

use original::{KEY_LENGTH, Original, Python, Wire, token_length};
use support::{Chat, Piped};

/// Before each text of the peer, where both are on one computer.
const PEER: &str = "[peer 127.0.0.1] ";

/// The longest text whose token the original reads whole.
const ONE_TOKEN: usize = 3007;

/// The longest text there is.
const LONGEST: usize = 32_768;

/// Texts of one, two and three cipher blocks: their tokens end with `==`, with `=` and, hardest
/// to tell where, with neither.
const PADDED_TWICE: usize = 5;
const PADDED_ONCE: usize = 20;
const UNPADDED: usize = 40;

#[test]
fn two_hundred_texts_cross_both_ways_when_ours_listens() {
    let Some(python) = Python::find("two_hundred_texts_cross_both_ways_when_ours_listens") else {
        return;
    };
    let (ours, original) = ours_listens(&python);
    both_say(ours, original, &every_length());
}

#[test]
fn two_hundred_texts_cross_both_ways_when_the_original_listens() {
    let Some(python) = Python::find("two_hundred_texts_cross_both_ways_when_the_original_listens")
    else {
        return;
    };
    let (ours, original) = original_listens(&python);
    both_say(ours, original, &every_length());
}

#[test]
fn texts_of_every_size_and_script_cross_when_ours_listens() {
    let Some(python) = Python::find("texts_of_every_size_and_script_cross_when_ours_listens")
    else {
        return;
    };
    let (ours, original) = ours_listens(&python);
    both_say(ours, original, &hard_to_split());
}

#[test]
fn texts_of_every_size_and_script_cross_when_the_original_listens() {
    let name = "texts_of_every_size_and_script_cross_when_the_original_listens";
    let Some(python) = Python::find(name) else {
        return;
    };
    let (ours, original) = original_listens(&python);
    both_say(ours, original, &hard_to_split());
}

#[test]
fn tokens_in_one_segment_are_told_apart() {
    let Some(python) = Python::find("tokens_in_one_segment_are_told_apart") else {
        return;
    };
    let ends = [PADDED_TWICE, PADDED_ONCE, UNPADDED];
    let pairs = ends.iter().flat_map(|a| ends.map(|b| [*a, b]));
    let texts: Vec<_> = pairs.flatten().map(text).chain(every_length()).collect();

    let ours = Chat::listen().piped();
    let connector = python.connect_wire(ours.port());
    ours.expect("[*] Chat started.");
    // The listener's key stands in the same segment.
    let listener = python.listen_wire();
    let ours_too = Chat::connect(listener.original.port()).piped();

    for (ours, mut wire) in [(ours, connector), (ours_too, listener)] {
        for text in &texts {
            wire.token(text);
        }
        wire.write_all();
        assert_shown(&ours, &mut wire, texts.clone());
    }
}

#[test]
fn tokens_torn_at_every_byte_are_put_together() {
    let Some(python) = Python::find("tokens_torn_at_every_byte_are_put_together") else {
        return;
    };
    let mut listener = python.listen_wire();
    let ours = Chat::connect(listener.original.port());
    let ours = ours.arg("--verbose").piped();
    listener.write(KEY_LENGTH);

    let ours_too = Chat::listen().arg("--verbose").piped();
    let connector = python.connect_wire(ours_too.port());
    ours_too.expect("[*] Chat started.");

    for (ours, mut wire) in [(ours, listener), (ours_too, connector)] {
        // It says what each of its reads took: so the test knows that the line was torn just there.
        let reads = |bytes: usize| {
            ours.expect(&format!("[*] Received {bytes} bytes of encrypted data"));
        };
        let mut texts = Vec::new();
        for torn in [PADDED_TWICE, PADDED_ONCE, UNPADDED].map(text) {
            let next = text(PADDED_TWICE);
            let length = token_length(&torn) + token_length(&next);
            for at in 1..length {
                wire.token(&torn).token(&next);
                wire.write(at);
                reads(at);
                wire.write(length - at);
                reads(length - at);
                texts.extend([torn.clone(), next.clone()]);
            }
        }
        assert_shown(&ours, &mut wire, texts);
    }
}

#[test]
fn the_original_in_its_prompt_does_not_keep_us_from_leaving() {
    let Some(python) = Python::find("the_original_in_its_prompt_does_not_keep_us_from_leaving")
    else {
        return;
    };
    for begin in [ours_listens, original_listens] {
        let (mut ours, mut original) = begin(&python);
        // Everything that was typed arrives before the end does.
        let texts: Vec<_> = (1..=20).map(text).collect();
        for text in &texts {
            ours.line(text);
        }
        ours.end_input();
        assert_eq!(ours.exit_code(), Some(0));
        original.event("peer_left");
        assert_eq!(original.received(), texts);
        // It is where its user left it, and knows its last command.
        original.line("/quit");
        assert_eq!(original.0.exit_code(), Some(0));
    }
}

#[test]
fn what_the_original_said_before_it_left_is_shown() {
    let Some(python) = Python::find("what_the_original_said_before_it_left_is_shown") else {
        return;
    };
    for begin in [ours_listens, original_listens] {
        let (mut ours, mut original) = begin(&python);
        let texts = every_length();
        for text in &texts {
            original.line(text);
        }
        original.line("/quit");
        ours.expect("disconnected");
        assert_eq!(ours.exit_code(), Some(0));
        assert_eq!(shown(&ours), texts);
    }
}

/// The re-creation against itself: were it more tolerant than the original, the tests above would
/// prove nothing.
#[test]
fn the_original_needs_one_token_a_read() {
    let Some(python) = Python::find("the_original_needs_one_token_a_read") else {
        return;
    };
    let two_originals = || {
        let sender = python.listen_wire();
        let receiver = python.connect(sender.original.port());
        (sender, receiver)
    };

    let (mut sender, receiver) = two_originals();
    sender.token("lost with the key").write_all();
    receiver.event("connected");
    for first in [PADDED_TWICE, PADDED_ONCE].map(text) {
        sender.token(&first).token("lost").write_all();
        receiver.event("received");
        sender.token("alone").write_all();
        receiver.event("received");
        let heard = receiver.received();
        assert_eq!(heard[heard.len() - 2..], [first, "alone".to_owned()]);
    }
    assert_eq!(receiver.received().len(), 4);
    let unpadded = text(UNPADDED);
    sender.token(&unpadded).token("lost").write_all();
    receiver.event("deaf");

    for text in ["torn".to_owned(), text(ONE_TOKEN + 1)] {
        let (mut sender, receiver) = two_originals();
        sender.write(KEY_LENGTH);
        receiver.event("connected");
        sender.token(&text).write(token_length(&text).min(4096) - 1);
        receiver.event("deaf");
    }
}

/// Lets ours wait and the original call.
fn ours_listens(python: &Python) -> (Piped, Original) {
    let ours = Chat::listen().piped();
    let original = python.connect(ours.port());
    ours.expect("[*] Chat started.");
    (ours, original)
}

/// Lets the original wait and ours call.
fn original_listens(python: &Python) -> (Piped, Original) {
    let original = python.listen();
    let ours = Chat::connect(original.port()).piped();
    ours.expect("[*] Chat started.");
    (ours, original)
}

/// Both say these texts as fast as they can and at the same time; each has them all, as they were.
fn both_say(mut ours: Piped, mut original: Original, texts: &[String]) {
    for text in texts {
        ours.line(text);
        original.line(text);
    }
    for text in texts {
        // A long one comes in several tokens, each of whole characters.
        let mut heard = String::new();
        while heard.len() < text.len() {
            let received = original.event("received");
            heard += received["text"].as_str().expect("a text");
        }
        assert_eq!(heard, *text);
    }
    for _ in texts {
        ours.expect(PEER);
    }
    ours.line("/quit");
    assert_eq!(ours.exit_code(), Some(0));
    original.event("peer_left");
    assert_eq!(shown(&ours), texts);
    assert_eq!(original.received().concat(), texts.concat());
}

/// The other side's texts that ours has shown up to now.
fn shown(ours: &Piped) -> Vec<String> {
    let said = ours.stdout.so_far();
    let texts = said.lines().filter_map(|row| row.strip_prefix(PEER));
    texts.map(str::to_owned).collect()
}

/// Waits until all is shown that went over the wire, and compares.
fn assert_shown(ours: &Piped, wire: &mut Wire, mut texts: Vec<String>) {
    wire.token("the end").write_all();
    ours.expect(&format!("{PEER}the end"));
    texts.push("the end".to_owned());
    assert_eq!(shown(ours), texts);
}

/// A text of `length` letters; that of another length has other letters at the same places.
fn text(length: usize) -> String {
    ('a'..='z').cycle().skip(length % 26).take(length).collect()
}

/// 200 texts, so that every number of letters beyond a cipher block, and every number of blocks
/// beyond three, comes four times.
fn every_length() -> Vec<String> {
    (1..=200).map(text).collect()
}

/// The sizes at which one token becomes two, the longest text, and characters of three and four
/// bytes at every place where a split could tear them.
fn hard_to_split() -> Vec<String> {
    let sizes = [1, ONE_TOKEN, ONE_TOKEN + 1, LONGEST].map(text);
    let at_the_split = ["\u{6f22}", "\u{1f525}"].into_iter().flat_map(|character| {
        let before = (0..=character.len()).map(|bytes| text(ONE_TOKEN - bytes));
        before.map(|text| text + &character.repeat(3))
    });
    let throughout =
        ["\u{6f22}", "\u{1f525}"].map(|character| character.repeat(LONGEST / character.len()));
    sizes
        .into_iter()
        .chain(at_the_split)
        .chain(throughout)
        .collect()
}
