//! The way out: what waits is sent, then everything is put away.

use std::time::Duration;

use p2p_chat_protocol::ui::Level;
use p2p_chat_protocol::{ErrorCode, Refusal, Role};

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
    /// Whether it waits for no ui that could say why.
    alone: bool,
    /// Whether [`Output::Stop`] was said.
    stopping: bool,
}

impl Core {
    /// The user leaves: what waits is sent first.
    pub(super) fn quit(&mut self) {
        if self.ending.is_some() {
            return;
        }
        let waiting = self.waiting();
        let ending = self.never_connected().unwrap_or(Ending::Fine);
        let deadline = (waiting > 0).then(|| self.now.elapsed + SEND_LAST);
        self.ending = Some(Leaving {
            ending,
            deadline,
            alone: false,
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
        let ui_ready = self.ui_ready;
        if let Some(leaving) = &mut self.ending {
            leaving.alone |= !ui_ready;
        }
    }

    /// The program cannot go on without what broke. With transport, what waits is still sent.
    pub(super) fn broken(&mut self, role: Role) {
        let before = self.ending.take();
        let asked = before.as_ref().and_then(|leaving| leaving.deadline);
        let sends = role != Role::Transport && self.waiting() > 0;
        let deadline = sends.then(|| asked.unwrap_or(self.now.elapsed + SEND_LAST));
        self.ending = Some(Leaving {
            ending: Ending::Broken,
            deadline,
            alone: true,
            stopping: before.is_some_and(|leaving| leaving.stopping),
        });
        if sends && matches!(self.activity, Activity::Connecting(_)) {
            self.redial_now();
        }
    }

    /// How many texts may still be sent.
    fn waiting(&self) -> usize {
        self.peer.as_ref().map_or(0, |_| self.outbox.len())
    }

    /// The program has nothing more to do.
    pub(super) fn leave(&mut self, ending: Ending) {
        self.ending.get_or_insert(Leaving {
            ending,
            deadline: None,
            alone: false,
            stopping: false,
        });
    }

    /// Until when texts may still be sent. Without a ui it ends when there is one again.
    pub(super) fn leaving_deadline(&self) -> Option<Duration> {
        let leaving = self.ending.as_ref()?;
        leaving.deadline.filter(|_| leaving.alone || self.ui_ready)
    }

    /// Stops when all is sent, or time is over; not before a ui could say why.
    pub(super) fn check_leaving(&mut self) {
        let Some(leaving) = &self.ending else { return };
        let sent = self.waiting() == 0;
        let late = leaving.deadline.is_none_or(|at| at <= self.now.elapsed);
        if (leaving.alone || self.ui_ready) && (sent || late) {
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
        // Only who is asked to says goodbye to the peer; the end of the pipe alone is a cut.
        self.end_session();
        self.tell_stop();
    }

    fn tell_stop(&mut self) {
        let Some(leaving) = self.ending.as_ref().filter(|leaving| leaving.stopping) else {
            return;
        };
        let lost = self.texts_lost && !self.config.terminal;
        let ending = match leaving.ending {
            Ending::Fine if lost => Ending::Failed,
            ending => ending,
        };
        self.out.push(Output::Stop(ending));
    }

    /// A text came when nothing is sent any more.
    pub(super) fn text_too_late(&mut self) -> Refusal {
        if !std::mem::replace(&mut self.texts_lost, true) {
            self.tell_stop();
        }
        Refusal::new(ErrorCode::Busy, "The program ends.")
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
