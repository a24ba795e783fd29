//! Opens ports of the home router, keeps them open, and closes them again.
//!
//! Two faces: [`plugin`] for p2p-chat, which asks in lines of JSON, and [`person`] for people.
//! Both do the same with a [`mapping::Mapping`], so start reading there: it is two loops
//! ([`hold`]), one for IPv4 and one for IPv6, around a [`lease`], which decides and is pure.
//! [`gateway`] is the router, by whatever protocol; [`network`] is this computer's side of it;
//! [`verdict`] judges what the router says.
//!
//! Nothing is written to disk, and nothing is removed but what this program made.

mod arguments;
mod clock;
mod failure;
mod gateway;
mod hold;
mod jobs;
mod lease;
mod mapping;
mod method;
mod network;
mod person;
mod plugin;
mod probe;
mod stop;
mod verdict;
mod wish;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use p2p_chat_plugin::Identity;
use p2p_chat_protocol::{PLUGIN_ENV, Role};

use crate::arguments::{Arguments, Command};
use crate::person::Output;

const IDENTITY: Identity = Identity {
    role: Role::NatHelper,
    name: "nat-helper",
    version: env!("CARGO_PKG_VERSION"),
    summary: "opens a port of the home router and closes it again",
};

fn main() -> ExitCode {
    let started_by_p2p_chat = std::env::var_os(PLUGIN_ENV).is_some_and(|value| value == "1");
    if started_by_p2p_chat && std::env::args_os().len() == 1 {
        // What understands arguments would take a twentieth of its memory.
        return serve(lease::LOOK);
    }
    let Arguments {
        stdio,
        common,
        command,
    } = Arguments::parse();
    let choice = common.choice();
    let output = match common.json {
        true => Output::Json,
        false => Output::People,
    };
    if let Some(fault) = choice.fault() {
        return person::wrong(&fault, output);
    }
    match command {
        Some(Command::Map(map)) => {
            let wish = map.wish(choice, common.look());
            person::run(person::map(map, wish, common.json))
        }
        Some(Command::List) => person::run(person::list(&choice, output)),
        Some(Command::Unmap(unmap)) => person::run(person::unmap(unmap, &choice, output)),
        None if stdio || started_by_p2p_chat => serve(common.look()),
        None => person::run(person::status(&choice, output)),
    }
}

fn serve(look: Duration) -> ExitCode {
    p2p_chat_plugin::serve(&IDENTITY, |_welcome, pipe| plugin::serve(pipe, look))
}
