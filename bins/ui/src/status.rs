//! The answer to `/status`. Pure.

use p2p_chat_protocol::ui::Verification;

use crate::reach::Reach;
use crate::talk::{Counts, Peer, Talk};

/// All that is known, a line each.
pub(crate) fn status(talk: &Talk, reach: &Reach, now_ms: u64) -> Vec<String> {
    let peer = talk.peer();
    vec![
        format!("Peer:       {}", who(peer, now_ms)),
        format!("Verified:   {}", verified(peer)),
        format!("Messages:   {}", messages(&talk.counts, talk.insecure())),
        format!("Reachable:  {}", reach.status()),
        format!("Encryption: {}", encryption(peer)),
    ]
}

fn who(peer: Option<&Peer>, now_ms: u64) -> String {
    let Some(peer) = peer else {
        return "nobody yet".to_owned();
    };
    let since = duration(now_ms.saturating_sub(peer.since_ms));
    let heard = duration(now_ms.saturating_sub(peer.heard_ms));
    let address = &peer.connected.address;
    format!("{address}, for {since}, last heard {heard} ago")
}

fn verified(peer: Option<&Peer>) -> &'static str {
    match peer.map(|peer| peer.connected.verification) {
        None => "nobody yet",
        Some(Verification::Code) => "by code, so it is somebody who knew your code",
        Some(Verification::Words) => "by words you compared",
        Some(Verification::Unverified) => "not yet",
        Some(Verification::Insecure) => "not at all, it may be anybody",
    }
}

fn messages(counts: &Counts, insecure: bool) -> String {
    let Counts {
        sent,
        delivered,
        received,
        waiting,
        waiting_bytes: _,
    } = counts;
    // The old program confirms nothing.
    let confirmed = if insecure {
        String::new()
    } else {
        format!(" {delivered} delivered,")
    };
    format!("{sent} sent,{confirmed} {waiting} waiting; {received} received; in memory only")
}

fn encryption(peer: Option<&Peer>) -> &'static str {
    match peer.map(|peer| peer.connected.verification) {
        None => "nobody is connected",
        Some(Verification::Insecure) => "NONE TO RELY ON (INSECURE, old p2p-chat)",
        Some(_) => "end to end",
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
    use p2p_chat_protocol::ui::{Author, Direction, MessageAdded, PeerConnected};

    use super::*;

    #[test]
    fn waiting_reads_as_designed() {
        let expected = [
            "Peer:       nobody yet",
            "Verified:   nobody yet",
            "Messages:   0 sent, 0 delivered, 0 waiting; 0 received; in memory only",
            "Reachable:  not listening",
            "Encryption: nobody is connected",
        ];
        assert_eq!(status(&Talk::default(), &Reach::default(), 0), expected);
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
        talk.connected(&peer, 1_000);
        talk.added(&MessageAdded {
            n: 1,
            from: Author::Peer,
            ip: "198.51.100.2".to_owned(),
            text: "hi".into(),
            at_ms: 718_000,
            status: None,
        });
        let expected = [
            "Peer:       198.51.100.2:54321, for 12 min, last heard 3 s ago",
            "Verified:   not at all, it may be anybody",
            "Messages:   0 sent, 0 waiting; 1 received; in memory only",
            "Reachable:  not listening",
            "Encryption: NONE TO RELY ON (INSECURE, old p2p-chat)",
        ];
        assert_eq!(status(&talk, &Reach::default(), 721_000), expected);
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
