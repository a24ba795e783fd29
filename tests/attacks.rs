//! Somebody is on the way, and does what he likes: real programs, real sockets, and a man in the
//! middle who holds them. Nothing may be shown or accepted that should not be, nobody hangs, and
//! each says what is the matter.

#[path = "support/man_in_the_middle.rs"]
mod man_in_the_middle;
#[path = "support/original.rs"]
mod original;
#[path = "support/p2pc.rs"]
mod p2pc;
#[path = "support/python.rs"]
mod python;
#[path = "support/skipped.rs"]
mod skipped;
mod support;
#[path = "support/transport.rs"]
mod transport;

// One file a kind of attack; `scene` and `people` are what they have in common.
#[path = "attacks/chats.rs"]
mod chats;
#[path = "attacks/crashes.rs"]
mod crashes;
#[path = "attacks/cuts.rs"]
mod cuts;
#[path = "attacks/guessers.rs"]
mod guessers;
#[path = "attacks/handshakes.rs"]
mod handshakes;
#[path = "attacks/old_program.rs"]
mod old_program;
#[path = "attacks/people.rs"]
mod people;
#[path = "attacks/records.rs"]
mod records;
#[path = "attacks/scene.rs"]
mod scene;
#[path = "attacks/secrets.rs"]
mod secrets;
#[path = "attacks/sentences.rs"]
mod sentences;
#[path = "attacks/splices.rs"]
mod splices;
