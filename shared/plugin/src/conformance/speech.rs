//! What the program says, over all its runs: is it JSON, and is it known?

use p2p_chat_protocol::nat::NatEvent;
use p2p_chat_protocol::transport::TransportEvent;
use p2p_chat_protocol::ui::UiRequest;
use p2p_chat_protocol::{MAX_LINE, Messages, ReadError, Role, read};
use serde_json::Value;

use super::quote::quote;
use super::{events, subject::Subject};
use crate::free_lines::Line;

/// The first of each kind of mistake; more would only repeat it.
pub(super) struct Speech {
    role: Role,
    no_message: Option<String>,
    not_known: Option<String>,
}

impl Speech {
    pub(super) fn new(role: Role) -> Self {
        Self {
            role,
            no_message: None,
            not_known: None,
        }
    }

    /// Judges a line; the message in it, if there is one.
    pub(super) fn judge(&mut self, line: Line) -> Option<Value> {
        let bytes = match line {
            Line::Whole(bytes) => bytes,
            Line::TooLong(start) => {
                let found = format!(
                    "it wrote a line of more than {MAX_LINE} bytes: {}",
                    quote(&start)
                );
                self.no_message.get_or_insert(found);
                return None;
            }
        };
        if bytes.trim_ascii().is_empty() {
            return None;
        }
        let problem = match self.role {
            Role::Ui => problem::<UiRequest>(&bytes),
            Role::Transport => problem::<TransportEvent>(&bytes),
            Role::NatHelper => problem::<NatEvent>(&bytes),
        };
        match problem {
            Some(ReadError::Malformed(reason)) => {
                let found = format!("it wrote {} ({reason})", quote(&bytes));
                self.no_message.get_or_insert(found);
                return None;
            }
            Some(ReadError::UnknownType { .. }) => {
                self.not_known
                    .get_or_insert_with(|| format!("it said {}", quote(&bytes)));
            }
            Some(ReadError::Invalid { reason, .. }) => {
                let found = || format!("it said {} ({reason})", quote(&bytes));
                self.not_known.get_or_insert_with(found);
            }
            None => {}
        }
        serde_json::from_slice(&bytes).ok()
    }
}

fn problem<M: Messages>(line: &[u8]) -> Option<ReadError> {
    read::<M>(line).err()
}

/// Nothing but messages on stdout, in all runs up to here.
pub(super) async fn json_lines(subject: &mut Subject) -> Result<(), String> {
    subject.stop().await;
    subject.ears.speech.no_message.clone().map_or(Ok(()), Err)
}

/// Every message is one of its role's. A ui has asked for nothing yet, so its user types first.
pub(super) async fn messages(subject: &mut Subject) -> Result<(), String> {
    if subject.role == Role::Ui {
        // How it fares there is no part of this check.
        let _ = events::the_user_types(subject).await;
    }
    subject.ears.speech.not_known.clone().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(line: &str) -> (bool, Option<String>, Option<String>) {
        let mut speech = Speech::new(Role::Ui);
        let heard = speech.judge(Line::Whole(line.into())).is_some();
        (heard, speech.no_message, speech.not_known)
    }

    #[test]
    fn messages_strangers_and_rubbish_are_told_apart() {
        assert_eq!(judged("{\"type\":\"quit\",\"id\":1}\r"), (true, None, None));
        assert_eq!(judged(" \r"), (false, None, None));
        let (heard, no_message, not_known) = judged("{\"type\":\"dance\"}");
        assert!(heard && no_message.is_none() && not_known.is_some());
        let (heard, no_message, not_known) = judged("{\"type\":\"connect\"}");
        assert!(heard && no_message.is_none() && not_known.is_some());
        for rubbish in ["got a line", "[1]", "{}", "{\"type\":1}"] {
            let (heard, no_message, not_known) = judged(rubbish);
            assert!(
                !heard && no_message.is_some() && not_known.is_none(),
                "{rubbish}"
            );
        }
    }
}
