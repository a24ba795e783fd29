//! Opens a port of the home router, keeps it open, and closes it again.
//!
//! Two faces: [`plugin`] for p2p-chat, which asks in lines of JSON, and [`person`] for people.
//! Both do the same with a [`mapping::Mapping`], so start reading there; [`gateway`] is the router,
//! [`lease`] decides when it is asked again, [`address`] judges what it answers.
//!
//! Nothing is written to disk, and nothing is removed but what this process made.

mod address;
mod arguments;
mod clock;
mod failure;
mod gateway;
mod jobs;
mod lease;
mod mapping;
mod person;
mod plugin;
mod stop;

use std::process::ExitCode;

use clap::Parser;
use p2p_chat_plugin::Identity;
use p2p_chat_protocol::{PLUGIN_ENV, Role};

use crate::arguments::{Arguments, Command};

const IDENTITY: Identity = Identity {
    role: Role::NatHelper,
    name: "nat-helper",
    version: env!("CARGO_PKG_VERSION"),
    summary: "opens a port of the home router and closes it again",
};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let started_by_p2p_chat = std::env::var_os(PLUGIN_ENV).is_some_and(|value| value == "1");
    match arguments.command {
        Some(Command::Map(wanted)) => person::run(person::map(wanted.into())),
        None if arguments.stdio || started_by_p2p_chat => {
            p2p_chat_plugin::serve(&IDENTITY, |_welcome, pipe| plugin::serve(pipe))
        }
        None => person::run(person::status()),
    }
}
