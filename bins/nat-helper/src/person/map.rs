//! `nat-helper map`: a port is opened, held, and closed at the end.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use p2p_chat_protocol::nat::{Forwarded, NatEvent, PortLost};

use super::{Output, command, words};
use crate::arguments::Map;
use crate::failure::Failure;
use crate::lease::Cause;
use crate::mapping::{Change, Mapping};
use crate::network::Choice;
use crate::probe;
use crate::stop::{self, Signals, Stop};
use crate::wish::Wish;

/// Opens a port, says so, and closes it at Ctrl-C or when the command has ended.
pub(crate) async fn map(map: Map, choice: Choice, json: bool) -> io::Result<ExitCode> {
    let output = match (json, map.quiet) {
        (true, _) => Output::Json,
        (false, true) => Output::AddressOnly,
        (false, false) if map.command.is_empty() => Output::People,
        (false, false) => Output::Aside,
    };
    let wish = map.wish(choice);
    let mut signals = Signals::catch()?;
    let (stopper, mut stop) = stop::pair();
    let opened = {
        let opening = Mapping::open(wish.clone(), &mut stop);
        tokio::pin!(opening);
        let stopped = tokio::select! {
            opened = &mut opening => Some(opened),
            _ = signals.received() => None,
        };
        match stopped {
            Some(opened) => opened,
            None => {
                drop(stopper);
                // What is under way comes to its end, or it would leave a port open.
                return finish(opening.await, &wish, output).await;
            }
        }
    };
    let mapping = match opened {
        Ok(mapping) => mapping,
        Err(failure) => return fail(&failure, &wish, output).await,
    };
    let said = announce(&mapping, &wish, &map, output);
    if map.once {
        said?;
        mapping.leave();
        return Ok(ExitCode::SUCCESS);
    }
    // Whatever happens from here on, the port is closed at the end.
    let held = match said {
        Ok(()) => held(mapping, &mut stop, signals, &map, output).await,
        Err(error) => Held {
            mapping,
            outcome: Err(error),
        },
    };
    close(held, &wish, output).await
}

/// What came of holding a port.
struct Held {
    mapping: Mapping,
    /// The exit code, where a command had one.
    outcome: io::Result<Option<ExitCode>>,
}

async fn held(
    mut mapping: Mapping,
    stop: &mut Stop,
    mut signals: Signals,
    map: &Map,
    output: Output,
) -> Held {
    let address = mapping.external_address();
    let outcome = match (&map.command[..], address) {
        ([], _) => {
            tokio::select! {
                told = tell(&mut mapping, stop, output) => told.map(|()| None),
                _ = signals.received() => Ok(None),
            }
        }
        (command, Some(address)) => {
            let running = command::run(command, address, &mut signals);
            tokio::pin!(running);
            // Words about the port go on while it runs; that they find no reader is no reason
            // to end it.
            let code = tokio::select! {
                code = &mut running => code,
                _ = tell(&mut mapping, stop, output) => running.await,
            };
            code.map(Some)
        }
        (_, None) => Ok(None),
    };
    Held { mapping, outcome }
}

async fn close(held: Held, wish: &Wish, output: Output) -> io::Result<ExitCode> {
    let Held { mapping, outcome } = held;
    let address = mapping.external_address();
    let ends = mapping.grant().map(|grant| grant.lifetime);
    let closed = mapping.close().await;
    let Some(address) = address else {
        return outcome.map(|code| code.unwrap_or(ExitCode::SUCCESS));
    };
    if let Err(reason) = closed {
        let when = match ends {
            Some(None) => "It stays until it is removed by hand.".to_owned(),
            _ => format!("It ends by itself within {}.", words::exactly(wish.lease)),
        };
        super::complain(&format!("{address} was not closed: {reason}. {when}"));
        return Ok(ExitCode::FAILURE);
    }
    let code = outcome?.unwrap_or(ExitCode::SUCCESS);
    output.say(&format!("Removed {address}."))?;
    Ok(code)
}

/// What to do with a port that was opened while the user had given up.
async fn finish(
    opened: Result<Mapping, Failure>,
    wish: &Wish,
    output: Output,
) -> io::Result<ExitCode> {
    match opened {
        Ok(mapping) => {
            let outcome = Ok(None);
            close(Held { mapping, outcome }, wish, output).await
        }
        Err(_) => Ok(ExitCode::SUCCESS),
    }
}

async fn fail(failure: &Failure, wish: &Wish, output: Output) -> io::Result<ExitCode> {
    if *failure != Failure::NoGateway {
        return output.fail(failure);
    }
    // The same sentence as the status has: it says who was asked, and what to do by hand.
    let verdict = probe::without_router(&wish.choice);
    super::complain(&verdict.sentence);
    output.event(&NatEvent::Error(failure.refusal()))?;
    Ok(super::code_of(verdict.reach))
}

/// Says what was opened.
fn announce(mapping: &Mapping, wish: &Wish, map: &Map, output: Output) -> io::Result<()> {
    let (Some(outside), Some(grant)) = (mapping.external_address(), mapping.grant()) else {
        return Ok(());
    };
    let told = mapping.port_mapped();
    if output == Output::AddressOnly {
        return Output::People.say(&outside.to_string());
    }
    if outside.port() != wish.external_port.get() {
        output.say(&format!(
            "Port {} was refused; the router gave {outside}. Use --exact to fail instead.",
            wish.external_port
        ))?;
    }
    let lease = match grant.lifetime {
        Some(lifetime) => format!("lease {}, renewed at half", words::exactly(lifetime)),
        None => "for ever".to_owned(),
    };
    output.say(&format!(
        "{outside} -> {} {}, by {} in {} ms, {lease}",
        told.local_address.as_deref().unwrap_or("this computer"),
        protocol(wish.forwarded),
        grant.method.name(),
        told.took_ms,
    ))?;
    if let Some(ipv6) = &told.ipv6_address
        && *ipv6 != told.external_address
    {
        output.say(&format!("{ipv6} by IPv6"))?;
    }
    if let Some(reason) = &told.reason {
        output.say(reason)?;
    }
    let until = match (map.once, map.command.is_empty()) {
        (true, _) => match grant.lifetime {
            Some(lifetime) => format!("Left open for {}.", words::exactly(lifetime)),
            None => format!("Left open. To close it: nat-helper unmap {}", wish.port),
        },
        (false, true) => "Held until Ctrl-C.".to_owned(),
        (false, false) => "Held until the command ends.".to_owned(),
    };
    output.say(&format!(
        "{until} Only a connection from outside proves that packets arrive."
    ))?;
    output.event(&NatEvent::PortMapped(told))
}

/// Says what changes, until told to stop.
async fn tell(mapping: &mut Mapping, stop: &mut Stop, output: Output) -> io::Result<()> {
    while let Some(change) = mapping.next(stop).await {
        let port = mapping.port_mapped().port;
        let time = words::time_of_day();
        match change {
            Change::Mapped(cause) => {
                if let Some(address) = mapping.external_address() {
                    output.say(&format!("{time} {}", changed(cause, address)))?;
                }
                output.event(&NatEvent::PortMapped(mapping.port_mapped()))?;
            }
            Change::Lost(reason) => {
                output.say(&format!("{time} lost, trying again: {reason}"))?;
                output.event(&NatEvent::PortLost(PortLost { port, reason }))?;
            }
        }
    }
    Ok(())
}

fn changed(cause: Option<Cause>, address: SocketAddr) -> String {
    match cause {
        Some(Cause::RouterRestarted) => format!("router restarted; mapped again, {address}"),
        Some(Cause::RouterForgot) => format!("router had closed it; mapped again, {address}"),
        Some(Cause::AddressChanged) => format!("now {address}"),
        Some(Cause::NetworkChanged) => format!("network changed; mapped again, {address}"),
        Some(Cause::Recovered) => format!("mapped again, {address}"),
        None => format!("mapped, {address}"),
    }
}

fn protocol(forwarded: Forwarded) -> &'static str {
    match forwarded {
        Forwarded::Both => "tcp and udp",
        Forwarded::Udp => "udp",
        Forwarded::Tcp | Forwarded::Unknown => "tcp",
    }
}
