//! What a listener shows to be given to the friend: addresses, code, invite. Pure.

use std::net::IpAddr;

use p2p_chat_protocol::ui::Listening;

use crate::address::split;

/// Somebody may call now.
pub(crate) const WAITING: &str = "[*] Waiting for connection...";

/// How the address is given: it decides how the code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reachable {
    /// From everywhere, and the address was just named.
    Outside,
    /// In the same network.
    Inside,
}

/// The rows that hold the code, and those that belong to them; none where there is no code.
pub(crate) fn block(listening: &Listening, reachable: Reachable) -> Vec<String> {
    let Some(passcode) = &listening.passcode else {
        return vec![];
    };
    let numbers = listening.numbers.as_ref();
    let numbers = numbers.map(|numbers| format!("      (or the numbers {})", numbers.0));
    let words = format!("{}{}", as_words(&passcode.0), numbers.unwrap_or_default());
    let mut rows = match reachable {
        Reachable::Outside => vec![
            format!("[*] and say this code by phone: {words}"),
            "[*] Or send this line by a messenger you trust. It holds the code; whoever uses it \
             first gets in:"
                .to_owned(),
            listening.invite.0.clone(),
        ],
        Reachable::Inside => {
            let mut rows: Vec<_> = same_network(listening).into_iter().collect();
            rows.push(format!("[*] Say this code by phone: {words}"));
            rows
        }
    };
    rows.push(
        "[*] Your friend chooses [2]. The code works once, for 1 hour. /newcode makes another."
            .to_owned(),
    );
    rows.push(WAITING.to_owned());
    rows
}

/// The invite of the home network.
pub(crate) fn same_network(listening: &Listening) -> Option<String> {
    own_address(listening)?;
    let invite = &listening.invite.0;
    Some(format!("[*] In the same network it works now: {invite}"))
}

/// The sentence that gives the first address of the invite.
pub(crate) fn share(listening: &Listening) -> String {
    let (host, port) = first_address(listening);
    let what = match host.parse::<IpAddr>() {
        Ok(_) => "IP",
        Err(_) => "name",
    };
    format!("[*] Share your public {what} ({host}) and port {port} with peer to connect")
}

/// The likeliest address in the home network. Nobody else reaches a loopback one.
pub(crate) fn own_address(listening: &Listening) -> Option<(&str, &str)> {
    let (ip, port) = split(listening.own_addresses.first()?);
    let loopback = ip.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    (!loopback).then_some((ip, port))
}

/// The address that stands first in the invite.
pub(crate) fn first_address(listening: &Listening) -> (&str, &str) {
    let invite = listening.invite.0.as_str();
    let addresses = invite
        .split(':')
        .next()
        .map_or(0, |scheme| scheme.len() + 1);
    let first = invite.get(addresses..).unwrap_or_default();
    split(first.split([',', '#']).next().unwrap_or_default())
}

/// `carrot-lemon-koala` as people say it.
pub(crate) fn as_words(passcode: &str) -> String {
    passcode.replace('-', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(invite: &str, own: &str) -> Listening {
        Listening {
            addresses: vec!["0.0.0.0:8080".to_owned()],
            own_addresses: vec![own.to_owned()],
            invite: invite.into(),
            passcode: Some("carrot-lemon-koala".into()),
            numbers: Some("181 683 665".into()),
            expires_ms: None,
            guesses_left: Some(5),
            turned_away: 0,
            asking_router: false,
        }
    }

    const INVITE: &str = "p2pc:203.0.113.7:8080,192.168.1.100:8080#carrot-lemon-koala";

    #[test]
    fn the_block_reads_as_designed() {
        let expected = [
            "[*] and say this code by phone: carrot lemon koala      (or the numbers 181 683 665)",
            "[*] Or send this line by a messenger you trust. It holds the code; whoever uses it first gets in:",
            INVITE,
            "[*] Your friend chooses [2]. The code works once, for 1 hour. /newcode makes another.",
            "[*] Waiting for connection...",
        ];
        let listening = listening(INVITE, "192.168.1.100:8080");
        assert_eq!(block(&listening, Reachable::Outside), expected);
        let share_line =
            "[*] Share your public IP (203.0.113.7) and port 8080 with peer to connect";
        assert_eq!(share(&listening), share_line);
    }

    #[test]
    fn inside_a_network_the_invite_comes_first_and_loopback_has_none() {
        let invite = "p2pc:192.168.1.100:8080#carrot-lemon-koala";
        let rows = block(&listening(invite, "192.168.1.100:8080"), Reachable::Inside);
        assert_eq!(
            rows[0],
            format!("[*] In the same network it works now: {invite}")
        );
        let rows = block(&listening(invite, "127.0.0.1:8080"), Reachable::Inside);
        assert!(rows[0].starts_with("[*] Say this code by phone: carrot lemon koala"));
    }

    #[test]
    fn names_and_ipv6_addresses_are_shared_too() {
        for (invite, expected) in [
            (
                "p2pc:me.example.net:81,10.0.0.1:80#a-b-c",
                "[*] Share your public name (me.example.net) and port 81 with peer to connect",
            ),
            (
                "p2pc:[2001:db8::4]:80",
                "[*] Share your public IP (2001:db8::4) and port 80 with peer to connect",
            ),
        ] {
            assert_eq!(share(&listening(invite, "10.0.0.1:80")), expected);
        }
    }
}
