//! What people read when no secure session comes about.

use p2p_chat_protocol::transport::{Auth, AuthMode};
use p2p_chat_protocol::{ErrorCode, Refusal};

/// How the two sides know each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By a code.
    Code,
    /// By words, later.
    Words,
    /// From an earlier session.
    Resume,
}

impl Way {
    /// `None`: not by the secure channel. Whoever asks for one way and hands over what belongs to
    /// another is refused: no way is ever taken in the place of another.
    pub(crate) fn of(auth: &Auth) -> Result<Option<Self>, Refusal> {
        let contradicts = |why: &str| {
            let sentence = format!("This auth contradicts itself: {why}.");
            Err(Refusal::new(ErrorCode::InvalidMessage, sentence))
        };
        match auth.mode {
            AuthMode::Legacy if !auth.tickets.is_empty() => {
                contradicts("an INSECURE chat is never gone on with, so it has no tickets")
            }
            AuthMode::Words | AuthMode::Resume | AuthMode::Legacy if auth.passcode.is_some() => {
                contradicts("only mode \"code\" uses a passcode")
            }
            AuthMode::Code => Ok(Some(Self::Code)),
            AuthMode::Words => Ok(Some(Self::Words)),
            AuthMode::Resume => Ok(Some(Self::Resume)),
            AuthMode::Legacy => Ok(None),
        }
    }
}

/// Why one address came to nothing; the later kinds tell people more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Failure {
    /// It ended before we showed anything.
    HungUp,
    /// We showed our proof, and it showed none.
    Unproven,
    /// It speaks as the original program does.
    LegacyPeer,
}

impl Failure {
    /// What is told of it; `address` is `host:port`.
    pub(super) fn sentence(self, way: Way, address: &str) -> Refusal {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let (code, sentence) = match (self, way) {
            (Self::LegacyPeer, _) => (
                ErrorCode::LegacyPeer,
                "This peer runs the old p2p-chat, which sends its key in clear. Refused. \
                 Your friend needs this version."
                    .to_owned(),
            ),
            (Self::HungUp, Way::Code) => (
                ErrorCode::HandshakeFailed,
                format!(
                    "{address} hung up before the code was used. It is busy, it no longer takes \
                     a code, or it is another program. Ask your friend."
                ),
            ),
            (Self::HungUp, Way::Words) => (
                ErrorCode::HandshakeFailed,
                format!(
                    "{address} hung up before there were words to compare. It is busy, it wants \
                     a code, or it is another program. Ask your friend."
                ),
            ),
            (Self::HungUp | Self::Unproven, Way::Resume) => (
                ErrorCode::HandshakeFailed,
                format!(
                    "{address} did not go on with the chat. It has lost it, or it is another \
                     program. A new chat needs a new code."
                ),
            ),
            (Self::Unproven, Way::Code) => (
                ErrorCode::WrongCode,
                format!(
                    "The code was wrong, or somebody is between you and {host}. \
                     Ask for a new code."
                ),
            ),
            (Self::Unproven, Way::Words) => (
                ErrorCode::WrongCode,
                format!(
                    "The line to {host} was cut, or somebody is between you. \
                     Ask your friend to listen again."
                ),
            ),
        };
        Refusal::new(code, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_of_a_wrong_code_names_the_host() {
        for (address, host) in [
            ("203.0.113.7:8080", "203.0.113.7"),
            ("[2001:db8::1]:8080", "[2001:db8::1]"),
            ("me.example.net:1", "me.example.net"),
        ] {
            let refusal = Failure::Unproven.sentence(Way::Code, address);
            let expected = format!(
                "The code was wrong, or somebody is between you and {host}. Ask for a new code."
            );
            assert_eq!(refusal, Refusal::new(ErrorCode::WrongCode, expected));
        }
    }

    #[test]
    fn who_runs_the_old_program_is_told_before_who_hung_up() {
        assert!(Failure::LegacyPeer > Failure::Unproven);
        assert!(Failure::Unproven > Failure::HungUp);
    }
}
