//! Who a peer is, as it is shown. Pure.

use p2p_chat_protocol::ui::{Author, PeerConnected, Verification};

use crate::address::{short, split};

/// What stands before a text. `same`: both ends are on one computer, so the address alone would
/// not tell who speaks.
pub(crate) fn mark(from: Author, ip: &str, same: bool) -> String {
    let start = match (same, from) {
        (false, _) => "[",
        (true, Author::Me) => "[me ",
        (true, Author::Peer) => "[peer ",
    };
    [start, &short(ip), "] "].concat()
}

/// Whether both ends of the connection have the same address.
pub(crate) fn on_one_computer(peer: &PeerConnected) -> bool {
    split(&peer.address).0 == split(&peer.local_address).0
}

/// What is said when a peer is there.
pub(crate) fn greeting(peer: &PeerConnected) -> Vec<String> {
    let how = match peer.verification {
        Verification::Code => " (verified by code)",
        Verification::Words => " (verified by words)",
        Verification::Unverified => " (not verified yet)",
        Verification::Insecure => ", INSECURE (legacy peer)",
    };
    let mut lines = Vec::new();
    if peer.verification == Verification::Insecure {
        lines.push("[!] INSECURE: anyone on the way can read and change this chat.".to_owned());
    }
    lines.push(format!("[+] Connected to peer {}{how}", peer.address));
    // With words to compare, it starts when they were.
    if peer.verification != Verification::Unverified {
        lines.push("[*] Chat started. Type /quit to exit".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::ui::Direction;

    use super::*;

    #[test]
    fn a_mark_is_the_address_and_who_where_addresses_do_not_tell() {
        assert_eq!(mark(Author::Me, "192.168.1.100", false), "[192.168.1.100] ");
        assert_eq!(mark(Author::Me, "127.0.0.1", true), "[me 127.0.0.1] ");
        assert_eq!(mark(Author::Peer, "127.0.0.1", true), "[peer 127.0.0.1] ");
    }

    #[test]
    fn the_greeting_says_how_far_the_peer_is_known() {
        let mut peer = PeerConnected {
            address: "198.51.100.2:54321".to_owned(),
            local_address: "192.168.1.100:8080".to_owned(),
            direction: Direction::Incoming,
            verification: Verification::Insecure,
            resumed: false,
        };
        let expected = [
            "[!] INSECURE: anyone on the way can read and change this chat.",
            "[+] Connected to peer 198.51.100.2:54321, INSECURE (legacy peer)",
            "[*] Chat started. Type /quit to exit",
        ];
        assert_eq!(greeting(&peer), expected);
        assert!(!on_one_computer(&peer));
        peer.verification = Verification::Code;
        let first = "[+] Connected to peer 198.51.100.2:54321 (verified by code)";
        assert_eq!(greeting(&peer)[0], first);
        peer.address = "[::1]:54321".to_owned();
        peer.local_address = "[::1]:8080".to_owned();
        assert!(on_one_computer(&peer));
    }
}
