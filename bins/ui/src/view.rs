//! Events in, lines to print out. Pure.

use p2p_chat_protocol::ui::{
    AuthenticationFailed, Level, MessageAdded, Notice, PeerDisconnected, Status, UiEvent,
};

use crate::action::{Manner, Now};
use crate::address::split;
use crate::invite::{WAITING, as_words};
use crate::processes::Processes;
use crate::reach::Reach;
use crate::rows::Line;
use crate::status;
use crate::talk::Talk;

/// What the screen has been told so far.
pub(crate) struct View {
    manner: Manner,
    verbose: bool,
    pub(crate) reach: Reach,
    pub(crate) talk: Talk,
    processes: Processes,
    /// The rows with the code, where they were printed for good.
    printed: Vec<String>,
    /// The code on its way, and that it is. Not for good on a screen that can be erased.
    calling: Vec<String>,
    /// The news that transport died was told, which is why the line is cut.
    told_of_death: bool,
}

impl View {
    /// Nothing has happened yet.
    pub(crate) fn new(manner: Manner, verbose: bool) -> Self {
        Self {
            manner,
            verbose,
            reach: Reach::default(),
            talk: Talk::default(),
            processes: Processes::default(),
            printed: Vec::new(),
            calling: Vec::new(),
            told_of_death: false,
        }
    }

    /// What to print about `event`; its text, where it has one, is taken out of it.
    pub(crate) fn lines(&mut self, event: &mut UiEvent, now: Now) -> Vec<Line> {
        if let UiEvent::MessageAdded(message) = event {
            return self.text(message, now).into_iter().collect();
        }
        let told_of_death = std::mem::take(&mut self.told_of_death);
        let mut lines = self.outcome(event);
        let sentences = match event {
            UiEvent::Listening(listening) => self.reach.listening(listening, self.verbose, now),
            UiEvent::ReachabilityChanged(change) => self.reach.changed(change, now),
            UiEvent::PasscodeRead(read) => self.hold(format!("[*] {}", as_words(&read.passcode.0))),
            UiEvent::PeerConnected(peer) => {
                self.talk.connected(peer, now, self.manner != Manner::Plain)
            }
            UiEvent::PeerDisconnected(gone) => self.gone(gone, told_of_death),
            // A question follows, which says it.
            UiEvent::AuthenticationFailed(failed) if failed.guesses_left == Some(0) => vec![],
            UiEvent::AuthenticationFailed(failed) => vec![failed_call(failed)],
            UiEvent::ConnectFailed(refusal) | UiEvent::Error(refusal) => {
                vec![marked(Level::Error, &refusal.message)]
            }
            UiEvent::Notice(Notice { level, text }) => match *level {
                Level::Info if !self.calling.is_empty() => self.hold(marked(*level, text)),
                level => vec![marked(level, text)],
            },
            UiEvent::PluginChanged(change) => {
                let sentence = self
                    .processes
                    .changed(*change, self.talk.lasts(), self.verbose);
                self.told_of_death = sentence.is_some() && self.talk.lasts();
                sentence.into_iter().collect()
            }
            UiEvent::MessageUpdated(update) => {
                lines.extend(self.talk.delivery.updated(update.n, update.status));
                let became = match update.status {
                    Status::Queued => "waits",
                    Status::Sent => "was sent",
                    Status::Delivered => "was delivered",
                    Status::Failed => "will not arrive",
                };
                self.detail(|| format!("Text {} {became}", update.n))
            }
            UiEvent::KeysChanged(keys) => {
                self.talk.keys_changed(*keys);
                self.detail(|| "The keys were renewed".to_owned())
            }
            UiEvent::MessageAdded(_)
            | UiEvent::Welcome(_)
            | UiEvent::ReplayFinished
            | UiEvent::InputNeeded(_)
            | UiEvent::VerificationNeeded(_)
            | UiEvent::Cleared
            | UiEvent::Ok => vec![],
        };
        lines.extend(sentences.into_iter().map(Line::Note));
        lines.extend(self.block().into_iter().map(Line::Note));
        lines
    }

    /// What to print about a text: [`View::lines`] of the event there is most of, and that nothing
    /// else depends on.
    pub(crate) fn text(&mut self, message: &mut MessageAdded, now: Now) -> Option<Line> {
        self.told_of_death = false;
        self.talk.added(message, now)
    }

    /// The rows above the prompt while somebody is waited for or called.
    pub(crate) fn header(&self) -> Vec<String> {
        match self.manner {
            Manner::Terminal if !self.calling.is_empty() => self.calling.clone(),
            Manner::Terminal => self.reach.block(),
            Manner::Plain | Manner::Stream => vec![],
        }
    }

    /// Whether the listener is up.
    pub(crate) fn listens(&self) -> bool {
        self.reach.listener().is_some()
    }

    /// What to print because of the time, or after a batch of events.
    pub(crate) fn settle(&mut self, now: Now) -> Vec<Line> {
        self.talk.settle(now)
    }

    /// The answer to `/status`.
    pub(crate) fn status(&self, now: Now) -> Vec<Line> {
        let code_below = self.manner == Manner::Terminal;
        let lines = status::status(&self.talk, &self.reach, &self.processes, code_below, now);
        lines.into_iter().map(Line::Note).collect()
    }

    /// The rows with the code, where they cannot be erased later and are news.
    fn block(&mut self) -> Vec<String> {
        let block = match self.manner {
            Manner::Plain | Manner::Stream if self.talk.peer().is_none() => self.reach.block(),
            _ => vec![],
        };
        if block.is_empty() || block == self.printed {
            return vec![];
        }
        self.printed.clone_from(&block);
        block
    }

    /// Keeps a row above the prompt until the call has its outcome.
    fn hold(&mut self, row: String) -> Vec<String> {
        if self.manner == Manner::Terminal {
            self.calling.push(row);
            return vec![];
        }
        vec![row]
    }

    /// The call has its outcome: the code goes, the rest stays.
    fn outcome(&mut self, event: &UiEvent) -> Vec<Line> {
        match event {
            UiEvent::PeerConnected(_) | UiEvent::ConnectFailed(_) | UiEvent::Error(_) => {
                let rows = std::mem::take(&mut self.calling).into_iter();
                rows.skip(1).map(Line::Note).collect()
            }
            _ => vec![],
        }
    }

    fn gone(&mut self, gone: &PeerDisconnected, told_of_death: bool) -> Vec<String> {
        let mut lines = self.talk.disconnected(gone, told_of_death);
        // Where there is a code, its rows say that somebody is waited for.
        if gone.waiting && self.reach.block().is_empty() {
            lines.push(WAITING.to_owned());
        }
        lines
    }

    fn detail(&self, detail: impl FnOnce() -> String) -> Vec<String> {
        match self.verbose && self.manner == Manner::Plain {
            true => vec![format!("[*] {}", detail())],
            false => vec![],
        }
    }
}

/// The sentence about somebody who did not know the code, or never had words to compare.
fn failed_call(failed: &AuthenticationFailed) -> String {
    let (ip, _) = split(&failed.address);
    match failed.guesses_left {
        Some(left) => {
            let tries = if left == 1 { "try" } else { "tries" };
            format!(
                "[!] Wrong code from {ip}: {left} {tries} left. If this was not your friend, type /newcode."
            )
        }
        None => {
            let more = match failed.handshakes_left {
                Some(left @ 1..) => format!(" {left} more may call."),
                Some(0) | None => String::new(),
            };
            format!("[!] {ip} called and hung up before there were words to compare.{more}")
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
            let mut event = read::<UiEvent>(event.as_bytes()).expect("an event").message;
            for line in view.lines(&mut event, Now::default()) {
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
[+] Connected to peer 198.51.100.2:54321, INSECURE (legacy peer)
[*] Chat started. Type /quit to exit
[192.168.1.100] hello
[198.51.100.2] Hi from outside!
[198.51.100.2] friend
[*] Peer 198.51.100.2:54321 disconnected
";
        let mut view = View::new(Manner::Terminal, false);
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
            assert_eq!(
                screen(&mut View::new(Manner::Terminal, false), &[&gone]),
                expected
            );
        }
    }

    #[test]
    fn who_failed_had_a_wrong_code_only_where_there_is_one() {
        for (left, expected) in [
            (
                r#","guesses_left":1"#,
                "Wrong code from 1.2.3.4: 1 try left. If this was not your friend, type /newcode.",
            ),
            (
                r#","handshakes_left":9"#,
                "1.2.3.4 called and hung up before there were words to compare. 9 more may call.",
            ),
            (
                r#","handshakes_left":0"#,
                "1.2.3.4 called and hung up before there were words to compare.",
            ),
            (
                "",
                "1.2.3.4 called and hung up before there were words to compare.",
            ),
        ] {
            let failed =
                format!(r#"{{"type":"authentication_failed","address":"1.2.3.4:5"{left}}}"#);
            let shown = screen(&mut View::new(Manner::Plain, false), &[&failed]);
            assert_eq!(shown, format!("[!] {expected}\n"));
        }
    }

    #[test]
    fn own_texts_are_not_repeated_where_the_typed_row_stays() {
        let mut view = View::new(Manner::Plain, false);
        let shown = screen(&mut view, &[PEER, MINE, THEIRS]);
        assert!(!shown.contains("hello") && shown.contains("friend"));
        assert_eq!(view.talk.delivery.waiting(), 1);
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
    fn refusals_and_failures_are_sentences() {
        let failed = r#"{"type":"connect_failed","code":"connection_refused","message":"Connection refused: x"}"#;
        let shown = screen(&mut View::new(Manner::Terminal, false), &[failed]);
        assert_eq!(shown, "[!] Connection refused: x\n");
    }
}
