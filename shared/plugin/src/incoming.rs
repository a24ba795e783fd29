//! What to do with a line that came in: take it, refuse it, or ignore it.

use std::io::Write;

use p2p_chat_protocol::{ErrorCode, Messages, ReadError, Received, Refusal, read};

/// What a line turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming<M> {
    /// A message of this direction.
    Message(Received<M>),
    /// A request that cannot be understood: answer its id with this.
    Refuse(u64, Refusal),
    /// A reply whose fields make no sense; the request it answers has failed.
    BadReply(u64, Refusal),
    /// Nothing to do, by the rules: a newer peer's event, or no message at all.
    Ignore,
}

/// Reads the lines of one pipe, and counts those that are no messages.
#[derive(Default)]
pub struct Inbox {
    malformed: u64,
    /// Whether somebody asks for the complaint; else it goes to stderr.
    keeps_complaint: bool,
    complaint: Option<String>,
}

impl Inbox {
    /// An inbox that leaves it to the caller to pass complaints on.
    pub fn keeping_complaint() -> Self {
        Self {
            keeps_complaint: true,
            ..Self::default()
        }
    }

    /// What there is to say about the first line that was no JSON object; once.
    pub fn take_complaint(&mut self) -> Option<String> {
        self.complaint.take()
    }

    /// Reads one line. The first that is no JSON object is complained of; none is ever answered,
    /// since two programs that answer each other's garbage never stop.
    pub fn read<M: Messages>(&mut self, line: &[u8]) -> Incoming<M> {
        match read(line) {
            Ok(received) => Incoming::Message(received),
            Err(ReadError::UnknownType { id: Some(id), kind }) => {
                let sentence = format!("there is no request {kind:?} in this direction");
                Incoming::Refuse(id, Refusal::new(ErrorCode::UnknownType, sentence))
            }
            Err(ReadError::Invalid {
                id: Some(id),
                reason,
                ..
            }) => Incoming::Refuse(id, Refusal::new(ErrorCode::InvalidMessage, reason)),
            Err(ReadError::Invalid {
                reply_to: Some(id),
                reason,
                ..
            }) => Incoming::BadReply(id, Refusal::new(ErrorCode::InvalidMessage, reason)),
            Err(ReadError::UnknownType { id: None, .. } | ReadError::Invalid { .. }) => {
                Incoming::Ignore
            }
            Err(ReadError::Malformed(reason)) => {
                if self.malformed == 0 {
                    self.complain(format!("a line was ignored: {reason}"));
                }
                self.malformed += 1;
                Incoming::Ignore
            }
        }
    }

    fn complain(&mut self, complaint: String) {
        if self.keeps_complaint {
            self.complaint = Some(complaint);
        } else {
            // A stderr nobody reads is no reason to panic.
            let _ = writeln!(std::io::stderr(), "WARN {complaint}");
        }
    }

    /// How many lines were no messages at all.
    pub fn malformed(&self) -> u64 {
        self.malformed
    }
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::ui::UiRequest;

    use super::*;

    fn code(line: &str) -> Option<(u64, ErrorCode)> {
        match Inbox::default().read::<UiRequest>(line.as_bytes()) {
            Incoming::Refuse(id, refusal) => Some((id, refusal.code)),
            Incoming::Ignore => None,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn questions_are_refused_and_the_rest_is_ignored() {
        assert_eq!(
            code(r#"{"type":"dance","id":7}"#),
            Some((7, ErrorCode::UnknownType))
        );
        assert_eq!(code(r#"{"type":"dance"}"#), None);
        let bad_port = r#"{"type":"listen","id":8,"port":"80a"}"#;
        assert_eq!(code(bad_port), Some((8, ErrorCode::InvalidMessage)));
        assert_eq!(code(r#"{"type":"listen","port":"80a"}"#), None);
    }

    #[test]
    fn garbage_is_counted_and_never_answered() {
        let mut inbox = Inbox::default();
        let garbage: [&[u8]; 6] = [
            b"hello",
            b"[\"quit\",7,null]",
            b"{}",
            b"{\"type\":7,\"id\":1}",
            b"{\"id\":7}",
            b"{\"type\":\"quit\",\"id\":9007199254740992}",
        ];
        for line in garbage {
            assert_eq!(inbox.read::<UiRequest>(line), Incoming::Ignore);
        }
        assert_eq!(inbox.malformed(), 6);
    }

    #[test]
    fn fields_of_a_newer_version_are_ignored() {
        let line = br#"{"type":"quit","id":3,"colour":{"deep":[1,2]}}"#;
        let Incoming::Message(received) = Inbox::default().read::<UiRequest>(line) else {
            panic!("refused");
        };
        assert_eq!((received.id, received.message), (Some(3), UiRequest::Quit));
    }
}
