//! The people's face: what router there is, and a port held open until Ctrl-C.

use std::io::{self, Write};
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use crate::address::{Reach, reach};
use crate::failure::Failure;
use crate::gateway::{self, Gateway, SEARCH_LIMIT};
use crate::mapping::{Mapping, News, Wish};
use crate::stop::{self, Signals, Stop};

/// EX_UNAVAILABLE of sysexits.h: no router.
const EXIT_NO_GATEWAY: u8 = 69;

/// Runs one of the two to its exit code.
pub(crate) fn run(work: impl Future<Output = io::Result<ExitCode>>) -> ExitCode {
    let outcome = p2p_chat_plugin::runtime().and_then(|runtime| runtime.block_on(work));
    match outcome {
        Ok(code) => code,
        // The reader of stdout left: it has what it wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nat-helper: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Opens a port, says so, and closes it at Ctrl-C.
pub(crate) async fn map(wish: Wish) -> io::Result<ExitCode> {
    let mut stop = stop_at_a_signal()?;
    let mut mapping = match Mapping::open(wish, &mut stop).await {
        Ok(mapping) => mapping,
        Err(Failure::Cancelled) => return Ok(ExitCode::SUCCESS),
        Err(failure) => {
            eprintln!("{failure}");
            return Ok(match failure {
                Failure::NoGateway => ExitCode::from(EXIT_NO_GATEWAY),
                _ => ExitCode::FAILURE,
            });
        }
    };
    let told = tell_until_stopped(wish, &mut mapping, &mut stop).await;
    let address = mapping.external_address();
    if let Err(reason) = mapping.close().await {
        eprintln!(
            "{address} was not closed: {reason}. It ends by itself within {}.",
            words(wish.lease)
        );
        return Ok(ExitCode::FAILURE);
    }
    told?;
    say(&format!("Removed {address}."))?;
    Ok(ExitCode::SUCCESS)
}

/// What router there is, and whether it makes this computer reachable.
pub(crate) async fn status() -> io::Result<ExitCode> {
    let Ok(gateway) = Gateway::search().await else {
        let local_ip = gateway::local_ip().await;
        let here = local_ip.map_or_else(|| "this computer".to_owned(), |ip| ip.to_string());
        if let Some(ip) = local_ip {
            row("This computer", &ip.to_string())?;
        }
        row(
            "Verdict",
            &format!(
                "No router answered (UPnP, {} s). Switch UPnP on in its settings, or forward by \
                 hand to {here}.",
                SEARCH_LIMIT.as_secs()
            ),
        )?;
        return Ok(ExitCode::from(EXIT_NO_GATEWAY));
    };
    row("Router", &format!("{}, asked by UPnP", gateway.ip()))?;
    row("This computer", &gateway.local_ip().to_string())?;
    let external_ip = gateway.external_ip().await.ok();
    if let Some(ip) = external_ip {
        row("Public address", &ip.to_string())?;
    }
    let (verdict, code) = verdict(external_ip);
    row("Verdict", &verdict)?;
    Ok(code)
}

fn verdict(external_ip: Option<IpAddr>) -> (String, ExitCode) {
    let Some(ip) = external_ip else {
        let none = "Not reachable: the router has no public address. Is it online?";
        return (none.to_owned(), ExitCode::FAILURE);
    };
    let why = match reach(ip) {
        Reach::Public => {
            let yes = "Reachable: this router forwards ports on request.";
            return (yes.to_owned(), ExitCode::SUCCESS);
        }
        Reach::Carrier => {
            format!("{ip} is shared by your provider (CGNAT). No port on this router will help.")
        }
        Reach::SecondRouter => format!(
            "there are two routers, one behind the other (yours has {ip}). Forward the port on \
             the outer one too."
        ),
        Reach::Nowhere => format!("{ip} is no public address. Is the router online?"),
    };
    (format!("Not reachable: {why}"), ExitCode::FAILURE)
}

async fn tell_until_stopped(wish: Wish, mapping: &mut Mapping, stop: &mut Stop) -> io::Result<()> {
    let outside = mapping.external_address();
    if outside.port() != wish.external_port.get() {
        say(&format!(
            "Port {} was refused; the router gave {outside}.",
            wish.external_port
        ))?;
    }
    say(&format!(
        "{outside} -> {} tcp, by UPnP in {} ms, lease {}, renewed at half\n\
         Held until Ctrl-C. Only a connection from outside proves that packets arrive.",
        mapping.local_address(),
        mapping.port_mapped().took_ms,
        words(wish.lease)
    ))?;
    while let Some(news) = mapping.next(stop).await {
        match news {
            News::Mapped => say(&format!("Mapped again, {}", mapping.external_address()))?,
            News::Lost(reason) => say(&format!("Lost, trying again: {reason}"))?,
        }
    }
    Ok(())
}

/// Signals are caught from here on.
fn stop_at_a_signal() -> io::Result<Stop> {
    let mut signals = Signals::catch()?;
    let (stopper, stop) = stop::pair();
    tokio::spawn(async move {
        signals.received().await;
        drop(stopper);
    });
    Ok(stop)
}

fn row(name: &str, value: &str) -> io::Result<()> {
    say(&format!("{name:<16}{value}"))
}

fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// A time in its largest whole unit.
fn words(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_its_largest_whole_unit() {
        let said = [3600, 5400, 61, 86_400].map(|s| words(Duration::from_secs(s)));
        assert_eq!(said, ["1 h", "90 min", "61 s", "24 h"]);
    }

    #[test]
    fn a_carrier_address_is_no_success() {
        let (sentence, code) = verdict(Some(IpAddr::from([100, 64, 0, 2])));
        assert_eq!(
            sentence,
            "Not reachable: 100.64.0.2 is shared by your provider (CGNAT). \
             No port on this router will help."
        );
        assert_eq!(code, ExitCode::FAILURE);
    }
}
