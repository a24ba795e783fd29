//! The way out: what waits is sent, then everything is put away.

use std::time::Duration;

use p2p_chat_protocol::ErrorCode;
use p2p_chat_protocol::ui::Level;

use super::activity::Activity;
use super::router::DIRECT;
use super::{Core, Output};
use crate::story::Story;

/// How long texts that wait may still be sent after `/quit`.
const SEND_LAST: Duration = Duration::from_secs(3);

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All is well.
    Fine,
    /// Something did not work, or texts were not sent and nobody watched.
    Failed,
    /// The command line makes no sense.
    Usage,
    /// Refused for the user's safety.
    Refused,
    /// Nobody was reached.
    Unreachable,
    /// A plugin gave up or is missing.
    Broken,
}

impl Ending {
    /// The exit code: sysexits.h where it has one.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Unreachable => 69,
            Self::Broken => 70,
        }
    }

    pub(super) fn of_failure(code: ErrorCode) -> Self {
        match code {
            ErrorCode::ConnectionRefused
            | ErrorCode::ConnectionTimedOut
            | ErrorCode::NameNotFound
            | ErrorCode::HandshakeFailed => Self::Unreachable,
            ErrorCode::WrongCode
            | ErrorCode::LegacyPeer
            | ErrorCode::SecurePeer
            | ErrorCode::CodeUnwanted => Self::Refused,
            ErrorCode::InvalidMessage | ErrorCode::BadCode | ErrorCode::CodeNeeded => Self::Usage,
            _ => Self::Failed,
        }
    }
}

/// The program is on its way out.
#[cfg_attr(test, derive(Clone))]
pub(super) struct Leaving {
    ending: Ending,
    /// Until when texts may still be sent.
    pub(super) deadline: Option<Duration>,
    /// Whether [`Output::Stop`] was said.
    stopping: bool,
}

impl Core {
    /// The user leaves: what waits is sent first.
    pub(super) fn quit(&mut self) {
        if self.ending.is_some() {
            return;
        }
        let waiting = match self.peer {
            Some(_) => self.outbox.len(),
            None => 0,
        };
        let ending = self.never_connected().unwrap_or(Ending::Fine);
        let deadline = (waiting > 0).then(|| self.now.elapsed + SEND_LAST);
        self.ending = Some(Leaving {
            ending,
            deadline,
            stopping: false,
        });
        if waiting > 0 && matches!(self.activity, Activity::Connecting(_)) {
            self.redial_now();
        }
        if self.config.terminal && waiting > 0 {
            let texts = if waiting == 1 { "message" } else { "messages" };
            self.notice(
                Level::Info,
                format!("Sending your last {waiting} {texts}..."),
            );
        }
    }

    /// A signal: the same, and it does not wait for a ui.
    pub(super) fn quit_now(&mut self) {
        self.quit();
        if !self.ui_ready {
            self.stop();
        }
    }

    /// The program has nothing more to do.
    pub(super) fn leave(&mut self, ending: Ending) {
        self.ending.get_or_insert(Leaving {
            ending,
            deadline: None,
            stopping: false,
        });
    }

    /// Stops when all is sent, or time is over; not before a ui could say why.
    pub(super) fn check_leaving(&mut self) {
        let Some(leaving) = &self.ending else { return };
        let sent = self.peer.is_none() || self.outbox.len() == 0;
        let late = leaving.deadline.is_none_or(|at| at <= self.now.elapsed);
        if self.ui_ready && (sent || late) {
            self.stop();
        }
    }

    fn stop(&mut self) {
        match &mut self.ending {
            Some(leaving) if !leaving.stopping => {
                leaving.stopping = true;
                leaving.deadline = None;
            }
            _ => return,
        }
        self.confirm_last();
        self.give_up_texts();
        let lost = self.texts_lost && !self.config.terminal;
        let ending = match &self.ending {
            Some(Leaving {
                ending: Ending::Fine,
                ..
            })
            | None
                if lost =>
            {
                Ending::Failed
            }
            Some(leaving) => leaving.ending,
            None => Ending::Fine,
        };
        // Only who is asked to says goodbye to the peer; the end of the pipe alone is a cut.
        self.end_session();
        self.out.push(Output::Stop(ending));
    }

    /// The last sentences, when transport and nat-helper have ended.
    pub(super) fn say_goodbye(&mut self, router_tidied: bool) {
        if let Activity::Listening(listener) = &self.activity
            && let Some(mapped) = &listener.mapped
            && mapped.method != DIRECT
        {
            let (by, port) = (listener.method, listener.port);
            let removed = router_tidied && !listener.orphaned;
            let (level, text) = match (removed, mapped.lease_s) {
                (true, _) => (Level::Info, format!("{by}: Port {port} mapping removed")),
                // For ever.
                (false, 0) => (
                    Level::Warn,
                    format!(
                        "{by}: Port {port} may still be forwarded; it stays until removed by hand."
                    ),
                ),
                (false, _) => (
                    Level::Warn,
                    format!(
                        "{by}: Port {port} may still be forwarded; your router ends that within 1 hour."
                    ),
                ),
            };
            self.notice(level, text);
        }
        if self.was_up {
            self.notice(Level::Info, "Connection closed. No trace left.");
        }
        if self.config.terminal && self.story.has_messages() {
            let hint = "(Only this window still shows the chat. Type clear, or close it.)";
            self.notice(Level::Info, hint);
        }
        // Nothing of it is needed any more, and dropping it wipes it.
        self.story = Story::default();
        self.tickets.clear();
    }
}
