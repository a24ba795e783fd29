//! The messages of p2p-chat's pipes, protocol version 1: one JSON object a line.
//!
//! `README.md` beside this crate is the specification, for writers of plugins in any language;
//! this crate is the same in Rust. It does no IO and knows no runtime.
//!
//! Start reading at [`read`], then the directions: [`ui`], [`transport`], [`nat`].
//!
//! A line is read in two steps where it must be: the [`Envelope`] tells the type, then the line is
//! parsed as that message's own struct. As this program writes it, one is enough. serde's tagged
//! enums cannot hold a raw payload and take twice the time.

mod envelope;
mod error;
mod hello;
mod macros;
pub mod nat;
mod private;
pub mod transport;
pub mod ui;

pub use envelope::{Envelope, Messages, ReadError, Received, is_plain, read, write};
pub use error::{ErrorCode, Refusal};
pub use hello::{Greeting, Hello, Options, Role, Start, Welcome};
pub use private::{Payload, Private};

/// The protocol's version; it grows only when a message changes meaning or loses a field.
pub const VERSION: u32 = 1;

/// The longest line, without its line end: a text of 32 KiB whose every byte is escaped as
/// `\u00XX` (196 608 bytes) fits with room for its envelope.
pub const MAX_LINE: usize = 262_144;

/// The port a listener uses unless told otherwise.
pub const DEFAULT_PORT: u16 = 8080;

/// The longest text of one message, in bytes.
pub const MAX_TEXT: usize = 32_768;

/// Set to `1` in the environment of every plugin: the program then knows that its stdin and
/// stdout are a pipe of this protocol.
pub const PLUGIN_ENV: &str = "P2P_CHAT_PLUGIN";

/// Set to `debug` in the environment of plugins when the user wants details on stderr.
pub const LOG_ENV: &str = "P2P_CHAT_LOG";
