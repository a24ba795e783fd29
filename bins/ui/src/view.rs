//! Events in, lines to print out. Pure.

use p2p_chat_protocol::Role;
use p2p_chat_protocol::ui::{Author, Level, Notice, PluginChanged, PluginStatus, UiEvent};

use crate::reach::{Reach, WAITING};
use crate::rows::Line;
use crate::status;
use crate::talk::Talk;

/// What the screen has been told so far.
pub(crate) struct View {
    verbose: bool,
    /// Whether the user's own texts are printed: not where the typed row stays on the screen.
    repeats_own: bool,
    pub(crate) reach: Reach,
    pub(crate) talk: Talk,
}

impl View {
    /// Nothing has happened yet.
    pub(crate) fn new(verbose: bool, repeats_own: bool) -> Self {
        Self {
            verbose,
            repeats_own,
            reach: Reach::default(),
            talk: Talk::default(),
        }
    }

    /// What to print about `event`.
    pub(crate) fn lines(&mut self, event: &UiEvent, now_ms: u64) -> Vec<Line> {
        let sentences = match event {
            UiEvent::Listening(listening) => self.reach.listening(listening, self.verbose),
            UiEvent::ReachabilityChanged(change) => self.reach.changed(change),
            UiEvent::PeerConnected(peer) => self.talk.connected(peer, now_ms),
            UiEvent::PeerDisconnected(gone) => {
                let waiting = gone.waiting.then(|| WAITING.to_owned());
                [self.talk.disconnected(gone)]
                    .into_iter()
                    .chain(waiting)
                    .collect()
            }
            UiEvent::ConnectFailed(refusal) | UiEvent::Error(refusal) => {
                vec![marked(Level::Error, &refusal.message)]
            }
            UiEvent::Notice(Notice { level, text }) => vec![marked(*level, text)],
            UiEvent::PluginChanged(change) => self.plugin(*change).into_iter().collect(),
            UiEvent::MessageUpdated(update) => {
                self.talk.updated(*update);
                vec![]
            }
            UiEvent::MessageAdded(message) => {
                let line = self.talk.added(message);
                let shown = message.from == Author::Peer || self.repeats_own;
                return if shown { vec![line] } else { vec![] };
            }
            // Not in a chat of the old kind, or no matter of the screen.
            UiEvent::Welcome(_)
            | UiEvent::ReplayFinished
            | UiEvent::InputNeeded(_)
            | UiEvent::PasscodeRead(_)
            | UiEvent::VerificationNeeded(_)
            | UiEvent::AuthenticationFailed(_)
            | UiEvent::KeysChanged(_)
            | UiEvent::Cleared
            | UiEvent::Ok => vec![],
        };
        sentences.into_iter().map(Line::Note).collect()
    }

    /// The answer to `/status`.
    pub(crate) fn status(&self, now_ms: u64) -> Vec<Line> {
        let lines = status::status(&self.talk, &self.reach, now_ms);
        lines.into_iter().map(Line::Note).collect()
    }

    fn plugin(&self, change: PluginChanged) -> Option<String> {
        match (change.role, change.status) {
            (Role::Transport, PluginStatus::Restarting) => {
                Some("[!] The part that reaches the network stopped and was started again.".into())
            }
            (Role::Transport, PluginStatus::GivenUp) => {
                Some("[!] The part that reaches the network stopped too often.".into())
            }
            (role, status) if self.verbose => {
                let became = match status {
                    PluginStatus::Started => "runs",
                    PluginStatus::Restarting => "stopped and is started again",
                    PluginStatus::GivenUp => "stopped too often and is not started again",
                };
                Some(format!("[*] Process {role} {became}"))
            }
            _ => None,
        }
    }
}

/// A sentence with the mark of its level, unless it has one already.
pub(crate) fn marked(level: Level, sentence: &str) -> String {
    let has_mark = ["[*] ", "[+] ", "[!] "]
        .iter()
        .any(|mark| sentence.starts_with(mark));
    match level {
        _ if has_mark => sentence.to_owned(),
        Level::Debug | Level::Info => format!("[*] {sentence}"),
        Level::Warn | Level::Error => format!("[!] {sentence}"),
    }
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::read;

    use super::*;
    use crate::rows::draw;

    /// The screen after these events, as the pipe carries them.
    fn screen(view: &mut View, events: &[&str]) -> String {
        let mut out = String::new();
        for event in events {
            let event = read::<UiEvent>(event.as_bytes()).expect("an event").message;
            for line in view.lines(&event, 0) {
                draw(&mut out, &line, Some(40));
            }
        }
        out
    }

    const PEER: &str = r#"{"type":"peer_connected","address":"198.51.100.2:54321","local_address":"192.168.1.100:8080","direction":"incoming","verification":"insecure"}"#;
    const MINE: &str = r#"{"type":"message_added","n":1,"from":"me","ip":"192.168.1.100","text":"hello","at_ms":1,"status":"queued"}"#;
    const THEIRS: &str = r#"{"type":"message_added","n":2,"from":"peer","ip":"198.51.100.2","text":"Hi from outside!\nfriend","at_ms":2}"#;

    #[test]
    fn a_chat_reads_as_designed() {
        let left = r#"{"type":"peer_disconnected","address":"198.51.100.2:54321","reason":"left","redialing":false}"#;
        let expected = "\
[!] INSECURE: anyone on the way can read and change this chat.
[+] Connected to peer 198.51.100.2:54321 (INSECURE)
[*] Chat started. Type /quit to exit
[192.168.1.100] hello
[198.51.100.2] Hi from outside!
[198.51.100.2] friend
[*] Peer 198.51.100.2:54321 disconnected
";
        let mut view = View::new(false, true);
        assert_eq!(screen(&mut view, &[PEER, MINE, THEIRS, left]), expected);
    }

    #[test]
    fn every_way_a_chat_can_end_has_its_sentence() {
        for (reason, expected) in [
            ("ended", "[*] Peer 1.2.3.4:5 disconnected\n"),
            ("cut", "[!] The line to 1.2.3.4:5 was cut.\n"),
            (
                "protocol_error",
                "[!] Peer 1.2.3.4:5 broke the protocol and was dropped.\n",
            ),
            (
                "replaced",
                "[*] Peer 1.2.3.4:5 never said a word and gave way to another caller\n",
            ),
        ] {
            let gone = format!(
                r#"{{"type":"peer_disconnected","address":"1.2.3.4:5","reason":"{reason}","redialing":false}}"#
            );
            assert_eq!(screen(&mut View::new(false, true), &[&gone]), expected);
        }
    }

    #[test]
    fn own_texts_are_not_repeated_where_the_typed_row_stays() {
        let mut view = View::new(false, false);
        let shown = screen(&mut view, &[PEER, MINE, THEIRS]);
        assert!(!shown.contains("hello") && shown.contains("friend"));
        assert_eq!(view.talk.counts.waiting, 1);
    }

    #[test]
    fn notices_get_the_mark_of_their_level_once() {
        for (level, text, expected) in [
            (Level::Debug, "Received 64 bytes", "[*] Received 64 bytes"),
            (Level::Info, "[+] done", "[+] done"),
            (Level::Warn, "careful", "[!] careful"),
            (Level::Error, "[!] broken", "[!] broken"),
        ] {
            assert_eq!(marked(level, text), expected);
        }
    }

    #[test]
    fn processes_are_details_but_for_the_one_that_reaches_the_network() {
        let restarting = r#"{"type":"plugin_changed","role":"transport","status":"restarting"}"#;
        let helper = r#"{"type":"plugin_changed","role":"nat-helper","status":"restarting"}"#;
        let expected = "[!] The part that reaches the network stopped and was started again.\n";
        let mut view = View::new(false, true);
        assert_eq!(screen(&mut view, &[restarting, helper]), expected);
        let mut view = View::new(true, true);
        let told = "[*] Process nat-helper stopped and is started again\n";
        assert_eq!(screen(&mut view, &[helper]), told);
    }

    #[test]
    fn refusals_and_failures_are_sentences() {
        let failed = r#"{"type":"connect_failed","code":"connection_refused","message":"Connection refused: x"}"#;
        let shown = screen(&mut View::new(false, true), &[failed]);
        assert_eq!(shown, "[!] Connection refused: x\n");
    }
}
