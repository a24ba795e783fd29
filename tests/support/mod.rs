//! Real p2p-chat programs, driven from a test: through pipes ([`Piped`]) or a terminal
//! ([`Screen`]). Waiting is expecting a text, with a deadline.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of it"
)]

mod command;
pub(crate) mod json_process;
pub(crate) mod looking;
mod piped;
mod processes;
mod screen;
mod script;
pub(crate) mod secure_chat;
mod transcript;

use std::time::Duration;

pub(crate) use command::{CLEARED, Chat, plugin, program, repository};
pub(crate) use piped::Piped;
pub(crate) use processes::{
    Stopped, all_gone, children_of, kill_plugin, plugin_of, signal, wait_for_exit, wait_until,
};
pub(crate) use screen::Screen;
pub(crate) use script::Script;
pub(crate) use transcript::Transcript;

/// Far more than anything here takes on a busy machine; only a failing test waits so long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
