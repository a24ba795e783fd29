//! What every plugin and the supervisor share: lines of JSON over pipes.
//!
//! Start reading at [`run()`], which is a built-in plugin from its first line to its exit code;
//! then [`Pipe`], then [`lines`], which cuts a stream of bytes into lines.
//!
//! Nothing here knows what a message means, except `conformance`, the checks that a plugin can be
//! put to.

mod alarm;
mod boot;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod free_lines;
mod incoming;
pub mod lines;
mod pipe;
mod run;
mod stdio;

pub use alarm::Alarm;
pub use boot::since_boot;
pub use incoming::{Inbox, Incoming};
pub use lines::{LineReader, LineWriter};
pub use pipe::Pipe;
pub use run::{Identity, run, runtime, serve};
pub use stdio::{Sink, Source};

/// How long either side may take for the first line of a pipe: a program that is not a plugin
/// never says hello, and a slow machine starts one in well under a second.
pub const HELLO_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);
