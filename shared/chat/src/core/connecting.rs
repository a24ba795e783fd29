//! Calling somebody: everything is asked for first, then transport is.

use p2p_chat_protocol::transport::{self, Auth, TransportRequest};
use p2p_chat_protocol::ui::{Connect, Input, InputNeeded, Level, UiEvent};
use p2p_chat_protocol::{DEFAULT_PORT, ErrorCode, Private, Refusal, Start};

use super::activity::{Activity, Attempt, Origin};
use super::{Core, Ending, Proof};
use crate::address::host_of;
use crate::invite::Invite;

impl Core {
    /// What the command line asked for, as soon as transport can do it.
    pub(super) fn begin(&mut self) {
        if self.was_used || self.ending.is_some() {
            return;
        }
        let done = match (self.config.start, self.config.invite.clone()) {
            (Start::Listen, _) => {
                let port = self.config.port.unwrap_or(DEFAULT_PORT);
                self.listen(Origin::CommandLine, port)
            }
            (Start::Connect, Some(invite)) if self.missing().is_none() => {
                self.connect(Origin::CommandLine, invite, None)
            }
            (Start::Connect, _) | (Start::Menu, _) => Ok(()),
        };
        if let Err(refusal) = done {
            self.fail(Origin::CommandLine, refusal);
        }
    }

    /// What a `connect` of the command line still has to be told by the user.
    fn missing(&self) -> Option<InputNeeded> {
        let (what, address) = match (&self.config.invite, self.config.proof) {
            _ if self.config.start != Start::Connect => return None,
            (None, _) => (Input::Invite, None),
            (Some(_), Proof::Code) if self.config.passcode.is_some() => return None,
            (Some(invite), Proof::Code) => (Input::Passcode, Some(invite.to_typed())),
            (Some(_), Proof::Words | Proof::Insecure) => return None,
        };
        Some(InputNeeded { what, address })
    }

    /// A `connect` that lacks something waits for the user.
    pub(super) fn ask_for_missing(&mut self) {
        let waits = matches!(self.activity, Activity::Idle) && self.ending.is_none();
        if waits && let Some(needed) = self.missing() {
            self.tell(UiEvent::InputNeeded(needed));
        }
    }

    pub(super) fn connect_to(&mut self, id: Option<u64>, typed: Connect) -> Result<(), Refusal> {
        let Connect { invite, passcode } = typed;
        let begun = Invite::parse(&invite.0)
            .map_err(|error| Refusal::new(ErrorCode::InvalidMessage, error.to_string()))
            .and_then(|invite| self.connect(Origin::Ui(id), invite, passcode));
        if let Err(refusal) = &begun {
            self.connect_refused(refusal.code);
        }
        begun
    }

    /// A script that gives up after this ends with its exit code.
    pub(super) fn connect_refused(&mut self, code: ErrorCode) {
        self.refused = Some(Ending::of_failure(code));
    }

    /// The exit code of a `connect` that never came about, for those who only see that.
    pub(super) fn never_connected(&self) -> Option<Ending> {
        let script = self.config.start == Start::Connect && !self.config.terminal;
        let waits = matches!(self.activity, Activity::Idle) && self.missing().is_some();
        let ending = self.refused.unwrap_or(Ending::Usage);
        (script && waits && !self.was_up).then_some(ending)
    }

    fn connect(
        &mut self,
        origin: Origin,
        mut invite: Invite,
        passcode: Option<Private>,
    ) -> Result<(), Refusal> {
        self.idle()?;
        let typed = passcode.filter(|code| !code.0.trim().is_empty());
        let code = typed.or(invite.code.take());
        let auth = self.auth_of_connect(code)?;
        self.was_used = true;
        self.story.forget_conversation();
        self.activity = Activity::Connecting(Attempt::new(origin, invite, auth));
        self.resume_activity();
        Ok(())
    }

    fn auth_of_connect(&self, code: Option<Private>) -> Result<Auth, Refusal> {
        let unfit = |why: &str| Err(Refusal::new(ErrorCode::CodeUnwanted, why));
        match (self.config.proof, code) {
            (Proof::Code, code) => match code.or_else(|| self.config.passcode.clone()) {
                Some(code) if self.codes.is_spent(&code.0) => Err(Refusal::new(
                    ErrorCode::BadCode,
                    "This code was used just now, and works only once. Ask for a new code.",
                )),
                Some(code) => Ok(Auth::code(Some(code))),
                None => Err(Refusal::new(
                    ErrorCode::CodeNeeded,
                    "The code is missing. Your friend has it: three words, or three numbers.",
                )),
            },
            (Proof::Words, None) => Ok(Auth::words()),
            (Proof::Words, Some(_)) => unfit(
                "There is a code, and --no-code was given. Start without --no-code to use it.",
            ),
            (Proof::Insecure, None) => Ok(Auth::legacy()),
            (Proof::Insecure, Some(_)) => unfit(
                "An INSECURE chat uses no code. Start without --insecure-legacy to use this one.",
            ),
        }
    }

    /// Asks transport to connect, where it was not asked yet.
    pub(super) fn call(&mut self) {
        let Activity::Connecting(attempt) = &mut self.activity else {
            return;
        };
        let Some(auth) = attempt.auth.take() else {
            return;
        };
        let addresses = attempt.invite.addresses.clone();
        let connect = transport::Connect { addresses, auth };
        let id = self.ask_transport(TransportRequest::Connect(connect));
        if let Activity::Connecting(attempt) = &mut self.activity {
            attempt.request = Some(id);
        }
    }

    /// Transport has begun.
    pub(super) fn call_begun(&mut self) {
        let Activity::Connecting(attempt) = &mut self.activity else {
            return;
        };
        attempt.begun = true;
        let shown = attempt.invite.addresses[0].clone();
        self.refused = None;
        self.notice(Level::Info, format!("Connecting to {shown}..."));
    }

    pub(super) fn connect_failed(&mut self, refusal: Refusal) {
        if self.peer.is_some() {
            return self.redial_failed();
        }
        let Activity::Connecting(attempt) = &self.activity else {
            return;
        };
        let hint = hint(&attempt.invite, refusal.code);
        self.activity = Activity::Idle;
        let ending = Ending::of_failure(refusal.code);
        match ending {
            Ending::Unreachable => self.codes.unseen(),
            _ => self.codes.perhaps_seen(),
        }
        self.tell(UiEvent::ConnectFailed(refusal));
        if let Some(hint) = hint {
            self.notice(Level::Warn, hint);
        }
        if !self.has_menu() {
            self.leave(ending);
        }
    }

    /// Transport is gone in the middle of it.
    pub(super) fn call_lost(&mut self) {
        let Activity::Connecting(attempt) = &self.activity else {
            return;
        };
        // A code is sent once: a second time would be a second guess for whoever is between. So it
        // counts as used, and whoever sees only the exit code is not to send it again either.
        let (code, message) = match self.config.proof == Proof::Code
            && (attempt.begun || self.codes.are_tried())
        {
            true => (
                ErrorCode::WrongCode,
                "The part that reaches the network stopped while it was connecting. The code may be used up: ask for a new one.",
            ),
            false => (
                ErrorCode::Unavailable,
                "The part that reaches the network stopped while it was connecting. Try again.",
            ),
        };
        self.abandon_request();
        self.connect_failed(Refusal::new(code, message));
    }
}

/// What may be wrong with the address itself, where nobody was reached.
fn hint(invite: &Invite, code: ErrorCode) -> Option<String> {
    if Ending::of_failure(code) != Ending::Unreachable {
        return None;
    }
    let host = host_of(&invite.addresses[0]);
    if invite.is_loopback() {
        return Some(format!(
            "{host} is this computer itself. For another one use its address, such as 192.168.1.100."
        ));
    }
    invite.is_home_only().then(|| {
        format!(
            "This invite has only addresses inside a home network ({host}). It works only if you are both in it. Ask for a new one."
        )
    })
}
