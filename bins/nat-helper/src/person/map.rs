//! `nat-helper map`: a port is opened, held, and closed at the end.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use p2p_chat_protocol::nat::{Forwarded, NatEvent, PortLost};

use super::command::Running;
use super::{Output, words};
use crate::arguments::Map;
use crate::failure::Failure;
use crate::lease::Cause;
use crate::mapping::{Change, Mapping};
use crate::method::Method;
use crate::probe;
use crate::stop::Signals;
use crate::wish::Wish;

/// The shell's code for a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// Opens a port, says so, and closes it at Ctrl-C or when the command has ended.
pub(crate) async fn map(map: Map, wish: Wish, json: bool) -> io::Result<ExitCode> {
    let output = match (json, map.quiet) {
        (true, _) => Output::Json,
        (false, true) => Output::AddressOnly,
        (false, false) if map.command.is_empty() => Output::People,
        (false, false) => Output::Aside,
    };
    let mut signals = Signals::catch()?;
    let mut mapping = Mapping::begin(wish.clone());
    let answer = tokio::select! {
        answer = mapping.first_answer() => Some(answer),
        _ = signals.received() => None,
    };
    let held = match answer {
        Some(Ok(())) => hold(mapping, &mut signals, &wish, &map, output).await,
        Some(Err(failure)) => {
            // A person tries again, or does something else.
            let _ = mapping.close().await;
            return fail(&failure, &wish, output).await;
        }
        None => Held::until(mapping, Ok(None)),
    };
    match held {
        Some(held) => close(held, &mut signals, &wish, output).await,
        None => Ok(ExitCode::SUCCESS),
    }
}

/// A port that is to be closed.
struct Held {
    mapping: Mapping,
    /// A command that was told to end, and still runs.
    running: Option<Running>,
    /// The exit code, where a command had one.
    outcome: io::Result<Option<ExitCode>>,
}

impl Held {
    fn until(mapping: Mapping, outcome: io::Result<Option<ExitCode>>) -> Option<Self> {
        Some(Self {
            mapping,
            running: None,
            outcome,
        })
    }
}

/// Holds an open port as long as it is wanted; `None` where it is left open.
async fn hold(
    mut mapping: Mapping,
    signals: &mut Signals,
    wish: &Wish,
    map: &Map,
    output: Output,
) -> Option<Held> {
    let said = announce(&mapping, wish, map, output);
    if map.once {
        // Who does not read it does not know it, so it is better closed.
        if said.is_err() {
            return Held::until(mapping, said.map(|()| None));
        }
        mapping.leave();
        return None;
    }
    let (Ok(()), Some(address)) = (&said, mapping.external_address()) else {
        return Held::until(mapping, said.map(|()| None));
    };
    if map.command.is_empty() {
        let outcome = tokio::select! {
            told = tell(&mut mapping, output) => told.map(|()| None),
            _ = signals.received() => Ok(None),
        };
        return Held::until(mapping, outcome);
    }
    let mut running = match Running::start(&map.command, address) {
        Ok(running) => running,
        Err(code) => return Held::until(mapping, Ok(Some(code))),
    };
    // Words about the port go on while it runs; that they find no reader is no reason to end it.
    let telling = async {
        let _ = tell(&mut mapping, output).await;
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! {
        outcome = running.end_or_signal(signals) => outcome,
        () = telling => Ok(None),
    };
    let still_runs = matches!(outcome, Ok(None));
    Some(Held {
        mapping,
        running: still_runs.then_some(running),
        outcome,
    })
}

/// Closes the port, while the command ends if there is one. A second signal ends all waiting.
async fn close(
    held: Held,
    signals: &mut Signals,
    wish: &Wish,
    output: Output,
) -> io::Result<ExitCode> {
    let Held {
        mapping,
        running,
        outcome,
    } = held;
    let address = mapping.external_address();
    let grant = mapping.grant().cloned();
    let ending = async {
        match running {
            Some(running) => running.end().await.map(Some),
            None => outcome,
        }
    };
    let (closed, outcome) = tokio::select! {
        both = async { tokio::join!(mapping.close(), ending) } => both,
        () = signals.impatience() => {
            super::complain("ended without waiting for the router");
            return Ok(ExitCode::from(INTERRUPTED));
        }
    };
    if let Err(reason) = closed {
        let what = match address {
            Some(address) => format!("{address} was not closed"),
            None => format!("port {} may be open on the router", wish.port),
        };
        let when = match grant.is_some_and(|grant| grant.lifetime.is_none()) {
            true => "It stays until it is removed by hand.".to_owned(),
            false => format!("It ends by itself within {}.", words::exactly(wish.lease)),
        };
        super::complain(&format!("{what}: {reason}. {when}"));
        return Ok(ExitCode::FAILURE);
    }
    let code = outcome?.unwrap_or(ExitCode::SUCCESS);
    if let Some(address) = address
        && grant.is_some_and(|grant| grant.method != Method::Direct)
    {
        output.say(&format!("Removed {address}."))?;
    }
    Ok(code)
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
    let to_close = format!("To close it: nat-helper unmap {}", wish.port);
    if output == Output::AddressOnly {
        if map.once && grant.lifetime.is_none() {
            super::complain(&format!("Left open for ever. {to_close}"));
        }
        return Output::People.say(&outside.to_string());
    }
    let direct = grant.method == Method::Direct;
    if outside.port() != wish.external_port.get() && !direct {
        output.say(&format!(
            "Port {} was refused; the router gave {outside}. Use --exact to fail instead.",
            wish.external_port
        ))?;
    }
    let lease = match grant.lifetime {
        Some(lifetime) => format!("lease {}, renewed at half", words::exactly(lifetime)),
        None => "for ever".to_owned(),
    };
    match direct {
        true => output.say(&outside.to_string())?,
        false => output.say(&format!(
            "{outside} -> {} {}, by {} in {} ms, {lease}",
            told.local_address.as_deref().unwrap_or("this computer"),
            protocol(wish.forwarded),
            grant.method.name(),
            told.took_ms,
        ))?,
    }
    if let Some(ipv6) = &told.ipv6_address
        && *ipv6 != told.external_address
    {
        output.say(&format!("{ipv6} by IPv6"))?;
    }
    if let Some(reason) = &told.reason {
        output.say(reason)?;
    }
    let until = match (map.once, map.command.is_empty()) {
        _ if direct => "Nothing had to be opened.".to_owned(),
        (true, _) => match grant.lifetime {
            Some(lifetime) => format!("Left open for {}.", words::exactly(lifetime)),
            None => format!("Left open. {to_close}"),
        },
        (false, true) => "Held until Ctrl-C.".to_owned(),
        (false, false) => "Held until the command ends.".to_owned(),
    };
    output.say(&format!(
        "{until} Only a connection from outside proves that packets arrive."
    ))?;
    output.event(&NatEvent::PortMapped(told))
}

/// Says what changes, for as long as it is read.
async fn tell(mapping: &mut Mapping, output: Output) -> io::Result<()> {
    loop {
        let change = mapping.next().await;
        let port = mapping.port_mapped().port;
        let time = words::time_of_day();
        match change {
            Change::Mapped(family, cause) => {
                if let Some(address) = mapping.address_by(family) {
                    output.say(&format!("{time} {}", changed(cause, address)))?;
                }
                output.event(&NatEvent::PortMapped(mapping.port_mapped()))?;
            }
            Change::HalfLost(sentence) => {
                output.say(&format!("{time} {sentence}"))?;
                output.event(&NatEvent::PortMapped(mapping.port_mapped()))?;
            }
            // Nothing that was open before or is now.
            Change::Ipv6Refused => {
                output.event(&NatEvent::PortMapped(mapping.port_mapped()))?;
            }
            Change::Lost(reason) => {
                output.say(&format!("{time} lost, trying again: {reason}"))?;
                output.event(&NatEvent::PortLost(PortLost { port, reason }))?;
            }
        }
    }
}

fn changed(cause: Option<Cause>, address: SocketAddr) -> String {
    match cause {
        Some(Cause::RouterRestarted) => format!("router restarted; mapped again, {address}"),
        Some(Cause::RouterForgot) => format!("router had closed it; mapped again, {address}"),
        Some(Cause::AddressChanged) => format!("now {address}"),
        Some(Cause::NetworkChanged) => format!("network changed; mapped again, {address}"),
        Some(Cause::Recovered) => format!("mapped again, {address}"),
        Some(Cause::OpenedLate) | None => format!("mapped, {address}"),
    }
}

fn protocol(forwarded: Forwarded) -> &'static str {
    match forwarded {
        Forwarded::Both => "tcp and udp",
        Forwarded::Udp => "udp",
        Forwarded::Tcp | Forwarded::Unknown => "tcp",
    }
}
