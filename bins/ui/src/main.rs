//! The line UI of p2p-chat: a terminal or a pair of pipes on the user's side, the supervisor's
//! pipe on stdin and stdout. No network, no keys, no files.
//!
//! Start reading at [`state`], which decides everything and does no IO; [`typed`] is its other
//! half, [`commands`], [`refused`] and [`prompt`] are parts of it. [`session`] is the thin loop
//! around it with its [`alarm`], [`face`] the user's side of that loop.
//!
//! Pure as well: [`menu`] and [`command`], what is typed; [`view`], what is shown, with [`reach`]
//! and [`invite`], [`talk`] and [`delivery`], [`peer`], [`processes`], [`status`]; [`rows`],
//! [`outgoing`], [`cutter`]. [`pipes`] is a user of two pipes. Everywhere else there are
//! [`threads`]: [`screen`] with [`editor`] on a terminal, or [`plain`]; both draw what lies on the
//! [`desk`].

mod action;
mod address;
mod alarm;
mod command;
mod commands;
mod cutter;
mod delivery;
mod desk;
mod editor;
mod face;
mod invite;
mod menu;
mod outgoing;
mod peer;
mod pipes;
mod plain;
mod processes;
mod prompt;
mod quoted;
mod reach;
mod refused;
mod rows;
mod screen;
mod session;
mod state;
mod status;
mod talk;
mod terminal;
mod threads;
mod typed;
mod view;

use std::alloc::System;
use std::process::ExitCode;

use p2p_chat_plugin::Identity;
use p2p_chat_protocol::Role;
use zeroizing_alloc::ZeroAlloc;

/// What is freed is erased: texts, codes and keys pass through many a buffer.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    let identity = Identity {
        role: Role::Ui,
        name: "ui",
        version: env!("CARGO_PKG_VERSION"),
        summary: "shows a chat in a terminal, line by line.",
    };
    // Taken before anything is opened: where they are missing, the next file would get their number.
    let user = terminal::users_descriptors();
    p2p_chat_plugin::run(&identity, |welcome, pipe| session::run(user, welcome, pipe))
}
