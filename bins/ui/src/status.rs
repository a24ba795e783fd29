//! The answer to `/status`. Pure.

use p2p_chat_protocol::ui::{Listening, Verification};

use crate::action::Now;
use crate::invite::as_words;
use crate::processes::Processes;
use crate::reach::Reach;
use crate::talk::{Peer, Talk};

/// All that is known, a line each. `code_below`: the code is on the screen already, where it is
/// erased once it was used.
pub(crate) fn status(
    talk: &Talk,
    reach: &Reach,
    processes: &Processes,
    code_below: bool,
    now: Now,
) -> Vec<String> {
    let peer = talk.peer();
    vec![
        format!("Peer:       {}", who(peer, reach.listener(), now)),
        format!(
            "Verified:   {}",
            verified(peer, reach.listener(), code_below, now)
        ),
        format!("Messages:   {}", messages(talk)),
        format!("Reachable:  {}", reach.status(now)),
        format!("Encryption: {}", encryption(talk, now)),
        format!("Processes:  {}", processes.status(reach.has_asked_router())),
    ]
}

fn who(peer: Option<&Peer>, listener: Option<&Listening>, now: Now) -> String {
    let Some(peer) = peer else {
        return match listener.map_or(0, |listening| listening.turned_away) {
            0 => "nobody yet".to_owned(),
            1 => "nobody yet; 1 stranger turned away".to_owned(),
            n => format!("nobody yet; {n} strangers turned away"),
        };
    };
    let since = duration(now.unix_ms.saturating_sub(peer.since_ms));
    let heard = duration(now.unix_ms.saturating_sub(peer.heard_ms));
    let address = &peer.connected.address;
    format!("{address}, for {since}, last heard {heard} ago")
}

fn verified(
    peer: Option<&Peer>,
    listener: Option<&Listening>,
    code_below: bool,
    now: Now,
) -> String {
    let Some(peer) = peer else {
        return listener
            .and_then(|listening| code(listening, code_below, now))
            .unwrap_or_else(|| "nobody yet".to_owned());
    };
    match peer.connected.verification {
        Verification::Code => "by code, so it is somebody who knew your code",
        Verification::Words => "by words you compared",
        Verification::Unverified => "not yet",
        Verification::Insecure => "not at all, it may be anybody",
    }
    .to_owned()
}

fn code(listening: &Listening, code_below: bool, now: Now) -> Option<String> {
    let passcode = listening.passcode.as_ref()?;
    let code = match code_below {
        true => "the code below".to_owned(),
        false => format!("code {}", as_words(&passcode.0)),
    };
    let tries = match listening.guesses_left {
        Some(1) => ", 1 try".to_owned(),
        Some(left) => format!(", {left} tries"),
        None => String::new(),
    };
    let left = listening.expires_ms.map(|at| {
        let left = duration(at.saturating_sub(now.unix_ms));
        format!(", {left} left")
    });
    Some(format!("{code}{tries}{}", left.unwrap_or_default()))
}

fn messages(talk: &Talk) -> String {
    let counts = &talk.delivery.counts;
    // The old program confirms nothing.
    let confirmed = match talk.insecure() {
        true => String::new(),
        false => format!(" {} delivered,", counts.delivered),
    };
    format!(
        "{} sent,{confirmed} {} waiting; {} received; in memory only",
        counts.sent,
        talk.delivery.waiting(),
        counts.received
    )
}

fn encryption(talk: &Talk, now: Now) -> String {
    let peer = talk.peer();
    match (peer.map(|peer| peer.connected.verification), talk.keys_ms) {
        (None, _) => "nobody is connected".to_owned(),
        (Some(Verification::Insecure), _) => "NONE TO RELY ON (INSECURE, old p2p-chat)".to_owned(),
        (Some(_), Some(at)) => {
            let ago = duration(now.unix_ms.saturating_sub(at));
            format!("end to end, keys renewed {ago} ago")
        }
        (Some(_), None) => "end to end".to_owned(),
    }
}

fn duration(ms: u64) -> String {
    match ms / 1000 {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::ui::{
        Author, Direction, KeysChanged, MessageAdded, PeerConnected, ReachabilityChanged,
    };

    use super::*;

    fn at(unix_ms: u64) -> Now {
        Now {
            unix_ms,
            elapsed_ms: unix_ms,
        }
    }

    fn all(talk: &Talk, reach: &Reach, now_ms: u64) -> Vec<String> {
        status(talk, reach, &Processes::default(), false, at(now_ms))
    }

    #[test]
    fn a_listener_says_what_its_code_stands() {
        let listening = Listening {
            addresses: vec!["0.0.0.0:8080".to_owned()],
            own_addresses: vec![],
            invite: "p2pc:203.0.113.7:8080#carrot-lemon-koala".into(),
            passcode: Some("carrot-lemon-koala".into()),
            numbers: None,
            expires_ms: Some(3_600_000),
            guesses_left: Some(5),
            turned_away: 3,
            asking_router: true,
        };
        let mut reach = Reach::default();
        reach.listening(&listening, false, at(0));
        let mapped = ReachabilityChanged {
            external_address: Some("203.0.113.7:8080".to_owned()),
            method: Some("upnp".to_owned()),
            lease_s: Some(3600),
            ..Default::default()
        };
        reach.changed(&mapped, at(180_000));
        let said = all(&Talk::default(), &reach, 480_000);
        let expected = [
            "Peer:       nobody yet; 3 strangers turned away",
            "Verified:   code carrot lemon koala, 5 tries, 52 min left",
            "Messages:   0 sent, 0 delivered, 0 waiting; 0 received; in memory only",
            "Reachable:  203.0.113.7:8080 by UPnP; renewed in 25 min, removed when you quit",
            "Encryption: nobody is connected",
            "Processes:  4 of 4 running",
        ];
        assert_eq!(said, expected);
        let below = status(&Talk::default(), &reach, &Processes::default(), true, at(0));
        assert!(
            !below.concat().contains("carrot"),
            "it is on the screen already"
        );
    }

    #[test]
    fn renewed_keys_are_told_with_their_age() {
        let mut talk = Talk::default();
        let peer = PeerConnected {
            address: "198.51.100.2:54321".to_owned(),
            local_address: "192.168.1.100:8080".to_owned(),
            direction: Direction::Incoming,
            verification: Verification::Code,
            resumed: false,
        };
        talk.connected(&peer, at(0), true);
        assert_eq!(
            all(&talk, &Reach::default(), 0)[4],
            "Encryption: end to end"
        );
        talk.keys_changed(KeysChanged {
            at_ms: 60_000,
            epoch: 1,
        });
        let said = all(&talk, &Reach::default(), 180_000);
        assert_eq!(said[4], "Encryption: end to end, keys renewed 2 min ago");
        let verified = "Verified:   by code, so it is somebody who knew your code";
        assert_eq!(said[1], verified);
    }

    #[test]
    fn waiting_reads_as_designed() {
        let expected = [
            "Peer:       nobody yet",
            "Verified:   nobody yet",
            "Messages:   0 sent, 0 delivered, 0 waiting; 0 received; in memory only",
            "Reachable:  not listening",
            "Encryption: nobody is connected",
            "Processes:  3 of 3 running",
        ];
        assert_eq!(all(&Talk::default(), &Reach::default(), 0), expected);
    }

    #[test]
    fn an_insecure_chat_is_called_so() {
        let mut talk = Talk::default();
        let peer = PeerConnected {
            address: "198.51.100.2:54321".to_owned(),
            local_address: "192.168.1.100:8080".to_owned(),
            direction: Direction::Incoming,
            verification: Verification::Insecure,
            resumed: false,
        };
        talk.connected(&peer, at(1_000), true);
        talk.added(
            &mut MessageAdded {
                n: 1,
                from: Author::Peer,
                ip: "198.51.100.2".into(),
                text: "hi".into(),
                at_ms: 718_000,
                status: None,
            },
            at(718_000),
        );
        let expected = [
            "Peer:       198.51.100.2:54321, for 12 min, last heard 3 s ago",
            "Verified:   not at all, it may be anybody",
            "Messages:   0 sent, 0 waiting; 1 received; in memory only",
            "Reachable:  not listening",
            "Encryption: NONE TO RELY ON (INSECURE, old p2p-chat)",
            "Processes:  3 of 3 running",
        ];
        assert_eq!(all(&talk, &Reach::default(), 721_000), expected);
    }

    #[test]
    fn durations_are_rounded_down_to_what_matters() {
        for (ms, shown) in [
            (999, "0 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (3_660_000, "1 h 1 min"),
        ] {
            assert_eq!(duration(ms), shown);
        }
    }
}
