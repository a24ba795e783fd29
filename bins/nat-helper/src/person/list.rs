//! `nat-helper list`: what is open on the router, whoever opened it.

use std::io;
use std::net::IpAddr;
use std::process::ExitCode;

use p2p_chat_protocol::nat::{Forwarded, NatEvent, PortListed};
use p2p_chat_protocol::{ErrorCode, Refusal};

use super::{EXIT_NO_GATEWAY, Output, words};
use crate::gateway::search::SEARCH_LIMIT;
use crate::gateway::{Entry, Gateway, Listing, Protocol, Upnp, seconds};
use crate::network::Choice;
use crate::probe::{self, Found};

/// Lists all open ports.
pub(crate) async fn list(choice: &Choice, output: Output) -> io::Result<ExitCode> {
    // Of all protocols only UPnP lists, and it is the last to answer.
    let found = probe::probe(choice, SEARCH_LIMIT).await;
    let Some(upnp) = upnp_of(&found) else {
        return no_list(&found, output);
    };
    let listing = upnp.list().await;
    let outside = found.probed.external_ip.as_deref().unwrap_or("?");
    if output == Output::Json {
        for entry in &listing.entries {
            let listed = listed(entry, outside, upnp.local_ip);
            output.event(&NatEvent::PortListed(listed))?;
        }
    } else {
        for row in table(&listing, outside, upnp.local_ip) {
            output.say(row.trim_end())?;
        }
    }
    output.say(&summary(&listing))?;
    if !listing.complete {
        let refusal = Refusal::new(ErrorCode::Timeout, "The router did not tell all of them.");
        output.event(&NatEvent::Error(refusal))?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The router, if it can list.
pub(super) fn upnp_of(found: &Found) -> Option<&Upnp> {
    found.gateways.iter().find_map(|gateway| match gateway {
        Gateway::Upnp(upnp) => Some(&**upnp),
        _ => None,
    })
}

/// Says why there is no list.
pub(super) fn no_list(found: &Found, output: Output) -> io::Result<ExitCode> {
    let methods: Vec<_> = found.gateways.iter().map(|g| g.method().name()).collect();
    if methods.is_empty() {
        return no_router(found, output);
    }
    let sentence = format!(
        "This router speaks {}, which cannot list what is open, and no UPnP, which can.",
        methods.join(" and ")
    );
    output.refuse(ErrorCode::Unavailable, &sentence)?;
    Ok(ExitCode::FAILURE)
}

/// Says why there is nobody to be asked.
pub(super) fn no_router(found: &Found, output: Output) -> io::Result<ExitCode> {
    let verdict = found.probed.verdict.as_deref().unwrap_or_default();
    output.refuse(ErrorCode::NoGateway, verdict)?;
    Ok(ExitCode::from(EXIT_NO_GATEWAY))
}

fn listed(entry: &Entry, outside: &str, own: IpAddr) -> PortListed {
    PortListed {
        external_address: format!("{outside}:{}", entry.external_port),
        internal_address: format!("{}:{}", entry.client, entry.port),
        protocol: match entry.protocol {
            Protocol::Tcp => Forwarded::Tcp,
            Protocol::Udp => Forwarded::Udp,
        },
        lease_s: entry.ends_in.map_or(0, seconds),
        this_computer: entry.leads_to(own),
        own: entry.is_own(own) || entry.is_own_by_nat_pmp(own),
        name: entry.name.clone(),
    }
}

const HEAD: [&str; 6] = ["OUTSIDE", "INSIDE", "PROTO", "ENDS IN", "MADE BY", "NAME"];

fn table(listing: &Listing, outside: &str, own: IpAddr) -> Vec<String> {
    let entries = listing.entries.iter().map(|entry| {
        [
            format!("{outside}:{}", entry.external_port),
            format!("{}:{}", entry.client, entry.port),
            entry.protocol.name().to_owned(),
            entry
                .ends_in
                .map_or_else(|| "never !".to_owned(), words::about),
            match entry.leads_to(own) {
                true => "this computer".to_owned(),
                false => entry.client.clone(),
            },
            entry.name.clone(),
        ]
    });
    let rows: Vec<_> = std::iter::once(HEAD.map(str::to_owned))
        .chain(entries)
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..HEAD.len()).map(|c| width(c).unwrap_or(0)).collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ")
    });
    lines.collect()
}

fn summary(listing: &Listing) -> String {
    let count = listing.entries.len();
    let mut said = match count {
        1 => "1 open port.".to_owned(),
        _ => format!("{count} open ports."),
    };
    if listing.entries.iter().any(|entry| entry.ends_in.is_none()) {
        said.push_str(" \"never\": stays until removed by hand.");
    }
    if listing.unreadable > 0 {
        said.push_str(&format!(" {} cannot be read.", listing.unreadable));
    }
    if !listing.complete {
        said.push_str(" There may be more: the router did not tell all of them.");
    }
    if count > 0 {
        said.push_str(" Unmapping other people's entries is refused.");
    }
    said
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_table_says_whose_each_port_is_and_when_it_ends() {
        let entry = |port, client: &str, protocol, ends_in, name: &str| Entry {
            external_port: port,
            protocol,
            client: client.to_owned(),
            port,
            ends_in,
            name: name.to_owned(),
        };
        let hour = Some(Duration::from_secs(3480));
        let listing = Listing {
            entries: vec![
                entry(8080, "192.168.1.100", Protocol::Tcp, hour, "p2p-chat"),
                entry(51413, "192.168.1.34", Protocol::Udp, None, "Transmission"),
            ],
            complete: true,
            unreadable: 0,
        };
        let own = IpAddr::from([192, 168, 1, 100]);
        let rows = table(&listing, "203.0.113.7", own);
        let rows: Vec<_> = rows.iter().map(|row| row.trim_end()).collect();
        assert_eq!(
            rows,
            [
                "OUTSIDE            INSIDE              PROTO  ENDS IN  MADE BY        NAME",
                "203.0.113.7:8080   192.168.1.100:8080  tcp    58 min   this computer  p2p-chat",
                "203.0.113.7:51413  192.168.1.34:51413  udp    never !  192.168.1.34   Transmission",
            ]
        );
        assert_eq!(
            summary(&listing),
            "2 open ports. \"never\": stays until removed by hand. Unmapping other people's \
             entries is refused."
        );
    }
}
