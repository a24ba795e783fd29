//! Details for people, on stderr, where they were asked for. Never a key, never a text.

use std::fmt;
use std::io::Write;
use std::sync::OnceLock;

use p2p_chat_protocol::LOG_ENV;

/// Writes one `DEBUG` line where the environment asks for them.
pub(crate) fn debug(line: fmt::Arguments<'_>) {
    static WANTED: OnceLock<bool> = OnceLock::new();
    if *WANTED.get_or_init(|| std::env::var_os(LOG_ENV).is_some_and(|level| level == "debug")) {
        // Nobody reads it any more: no reason to stop. `eprintln!` would panic.
        let _ = writeln!(std::io::stderr(), "DEBUG {line}");
    }
}
