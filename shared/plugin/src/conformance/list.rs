//! The checks, in the order in which they are made.

use std::pin::Pin;

use p2p_chat_protocol::Role::{self, NatHelper, Transport, Ui};

use super::subject::Subject;
use super::{ending, events, first_words, requests, speech, tolerance};

/// What the specification asks, and how it is found out.
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) roles: &'static [Role],
    /// Without it, the others cannot be made.
    pub(super) essential: bool,
    pub(super) claim: &'static str,
    pub(super) advice: &'static str,
    pub(super) run: for<'a> fn(&'a mut Subject) -> Attempt<'a>,
}

/// `Err` says what the program did instead.
type Attempt<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

const EVERYONE: &[Role] = &[Ui, Transport, NatHelper];
const ANSWERERS: &[Role] = &[Transport, NatHelper];

/// One entry of the list: whether it is essential, for whom, the function, claim, advice.
macro_rules! checks {
    ($( $kind:ident $roles:ident $module:ident::$name:ident: $claim:literal, else $advice:literal; )*) => {
        &[$( Check {
            name: stringify!($name),
            roles: $roles,
            essential: checks!(@essential $kind),
            claim: $claim,
            advice: $advice,
            run: |subject| Box::pin($module::$name(subject)),
        } ),*]
    };
    (@essential must) => { true };
    (@essential check) => { false };
}

const TRANSPORT: &[Role] = &[Transport];
const UI: &[Role] = &[Ui];

pub(super) const CHECKS: &[Check] = checks! {
    must EVERYONE first_words::starts:
        "it starts and stays",
        else "give the program as you would in a shell; it must run until its stdin ends";
    must EVERYONE first_words::speaks_first:
        "it speaks first, within 10 s",
        else "print hello before reading anything, and flush";
    must EVERYONE first_words::hello:
        "its first line is a hello of this role and version",
        else "print {\"type\":\"hello\",\"protocol\":1,\"role\":\"…\",\"name\":\"…\"} as the first line, and flush";
    must EVERYONE first_words::starts_again:
        "it starts again after it was killed",
        else "keep nothing (no lock, no pid file) that stands in the way of the next start";
    check EVERYONE tolerance::unknown_fields:
        "it ignores fields it does not know",
        else "ignore such fields: later versions have more of them";
    check EVERYONE tolerance::unknown_types:
        "it ignores messages it does not know, where they have no id",
        else "ignore such messages: later versions have more of them";
    check EVERYONE tolerance::blank_lines:
        "it skips blank lines",
        else "skip blank lines";
    check EVERYONE tolerance::carriage_returns:
        "it takes \\r\\n for a line end",
        else "cut the \\r off a line's end";
    check EVERYONE tolerance::byte_order_mark:
        "it skips a byte order mark at the start",
        else "skip the bytes EF BB BF at the start of stdin (Python: encoding=\"utf-8-sig\")";
    check EVERYONE tolerance::long_lines:
        "it reads lines of 262144 bytes",
        else "read up to the line end, however many reads that takes";
    check ANSWERERS requests::replies:
        "it answers each request once",
        else "write exactly one reply to each request, with its id as reply_to";
    check ANSWERERS requests::ids:
        "it repeats ids as they were",
        else "take ids for integers up to 2^53-1, and 0 for an id like any other";
    check ANSWERERS requests::unknown_request:
        "it refuses requests it does not know",
        else "answer a type you do not know, where it has an id, with one error, code unknown_type";
    check ANSWERERS requests::invalid_request:
        "it refuses requests with wrong fields",
        else "check the fields, and answer with one error, code invalid_message";
    check ANSWERERS requests::requests_without_id:
        "it does not answer requests without id",
        else "reply only where the request has an id";
    check ANSWERERS requests::garbage:
        "it never answers what is no message, and goes on",
        else "ignore lines that are no JSON object with a type; say it once on stderr";
    check TRANSPORT requests::listening:
        "it listens, and says on which port",
        else "reply listening with the addresses that were really taken; after disconnect, listen again";
    check TRANSPORT requests::busy:
        "it refuses a second listener",
        else "answer listen outside idle with the error busy";
    check UI events::replay:
        "it takes a conversation from the past",
        else "draw what you are told; the same events come again after a restart";
    check UI events::every_event:
        "it takes every type of event",
        else "see the events and their optional fields in shared/protocol/README.md";
    check EVERYONE ending::ends:
        "it ends with its stdin",
        else "exit with code 0 within 5 s of the end of stdin";
    check EVERYONE ending::ends_when_active:
        "it ends with its stdin in the middle of something, too",
        else "exit with code 0 within 5 s of the end of stdin, whatever is going on";
    check EVERYONE ending::closes_stdout:
        "nothing holds its stdout after its end",
        else "end the programs you started, or start them with another stdout";
    check EVERYONE speech::messages:
        "all it says is known to its role",
        else "see the messages of the role in shared/protocol/README.md";
    check EVERYONE speech::json_lines:
        "it writes nothing but messages to stdout",
        else "print everything else to stderr; a message is one line, a JSON object with a type";
};
