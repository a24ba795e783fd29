//! What to do with a line that came in: take it, refuse it, or ignore it.

use std::collections::VecDeque;
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
    /// For who asks: the requests without a reply so far, in their order.
    awaited: Option<VecDeque<u64>>,
    /// Replies that nobody waited for.
    unawaited: u64,
    /// Whether somebody asks for complaints; else they go to stderr.
    keeps_complaints: bool,
    complaints: Vec<String>,
}

impl Inbox {
    /// An inbox that leaves it to the caller to pass complaints on.
    pub fn keeping_complaints() -> Self {
        Self {
            keeps_complaints: true,
            ..Self::default()
        }
    }

    /// The same for who asks on this pipe, and tells each request by [`Inbox::asked`].
    pub fn of_asker() -> Self {
        Self {
            awaited: Some(VecDeque::new()),
            ..Self::keeping_complaints()
        }
    }

    /// Request `id` goes out: one reply to it will be taken.
    pub fn asked(&mut self, id: u64) {
        if let Some(awaited) = &mut self.awaited {
            awaited.push_back(id);
        }
    }

    /// What there is to say about the first line that was no JSON object, or the first reply that
    /// nobody waited for; each once.
    pub fn take_complaint(&mut self) -> Option<String> {
        (!self.complaints.is_empty()).then(|| self.complaints.remove(0))
    }

    /// Reads one line. The first that is no JSON object is complained of; none is ever answered,
    /// since two programs that answer each other's garbage never stop. To who asks, a reply is
    /// none where nobody waits for it.
    pub fn read<M: Messages>(&mut self, line: &[u8]) -> Incoming<M> {
        let incoming = self.understand(line);
        let reply_to = match &incoming {
            Incoming::Message(received) => received.reply_to,
            Incoming::BadReply(id, _) => Some(*id),
            Incoming::Refuse(..) | Incoming::Ignore => None,
        };
        match reply_to {
            Some(id) if !self.is_awaited(id) => {
                if self.unawaited == 0 {
                    self.complain(format!(
                        "a reply was ignored: nobody waits for one to request {id}"
                    ));
                }
                self.unawaited += 1;
                Incoming::Ignore
            }
            _ => incoming,
        }
    }

    /// Whether a reply to this request is taken; the next is not.
    fn is_awaited(&mut self, id: u64) -> bool {
        let Some(awaited) = &mut self.awaited else {
            return true;
        };
        // Nearly always the first: replies come in the order of the requests.
        let at = awaited.iter().position(|awaited| *awaited == id);
        at.and_then(|at| awaited.remove(at)).is_some()
    }

    fn understand<M: Messages>(&mut self, line: &[u8]) -> Incoming<M> {
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
        if self.keeps_complaints {
            self.complaints.push(complaint);
        } else {
            // A stderr nobody reads is no reason to panic.
            let _ = writeln!(std::io::stderr(), "WARN {complaint}");
        }
    }
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::transport::TransportEvent;
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
        assert_eq!(inbox.malformed, 6);
    }

    #[test]
    fn a_second_reply_and_one_that_nobody_asked_for_are_ignored_and_said_once() {
        let mut inbox = Inbox::of_asker();
        [7, 8].into_iter().for_each(|id| inbox.asked(id));
        let mut is_taken =
            |line: &str| inbox.read::<TransportEvent>(line.as_bytes()) != Incoming::Ignore;
        assert!(is_taken(r#"{"type":"ok","reply_to":8}"#));
        assert!(
            is_taken(r#"{"type":"listening","reply_to":7}"#),
            "a bad reply is one"
        );
        for again in [7, 8, 9] {
            assert!(!is_taken(&format!(r#"{{"type":"ok","reply_to":{again}}}"#)));
        }
        assert!(is_taken(r#"{"type":"keys_changed"}"#));
        let complaint = inbox.take_complaint().expect("it was ignored");
        assert!(complaint.contains("request 7"), "{complaint}");
        assert_eq!(inbox.take_complaint(), None);
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
