//! transport: the part of p2p-chat that reaches the network. It owns the sockets and the keys,
//! reads no files, and knows nothing of messages, menus or routers: payloads pass through unread.
//!
//! Start reading at [`service`], the one loop, and [`requests`], what it is asked; what they work
//! on is all in [`transport`]. Chats go over [`secure`], the encrypted channel; or, where the user
//! asked for it on both sides, over [`legacy`], the original Python program's own protocol. The two
//! share nothing but [`listen`] and [`dial`], the two ways to a connection, and the pipe.

mod clock;
mod connection;
mod dial;
mod legacy;
mod listen;
mod log;
mod outbox;
mod own_addresses;
mod random;
mod requests;
mod secure;
mod sends;
mod service;
mod target;
mod transport;

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
        role: Role::Transport,
        name: "transport",
        version: env!("CARGO_PKG_VERSION"),
        summary: "listens, connects, and carries a chat between two computers",
    };
    // As a task of its own: waking the first task makes the runtime look at the sockets again.
    p2p_chat_plugin::run(&identity, |_welcome, pipe| async {
        tokio::spawn(service::run(pipe)).await?
    })
}
