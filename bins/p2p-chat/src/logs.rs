//! What plugins write on stderr: for people, never for programs.

use std::collections::VecDeque;

use p2p_chat_plugin::free_lines::{Line, next_line};
use p2p_chat_protocol::Role;
use p2p_chat_protocol::ui::Level;
use tokio::io::{AsyncRead, BufReader};
use tokio::sync::mpsc::Sender;

/// A longer line is cut: it is meant to be read.
const MAX_LINE: usize = 8192;
/// One read; most plugins never say a word there.
const READ_SIZE: usize = 1024;
/// As many lines as a crash report shows.
pub(crate) const KEPT: usize = 50;

/// One line of a plugin's stderr.
pub(crate) struct LogLine {
    pub(crate) role: Role,
    pub(crate) level: Level,
    pub(crate) text: String,
}

/// Reads a plugin's stderr until it ends.
pub(crate) async fn follow(role: Role, stderr: impl AsyncRead + Unpin, lines: Sender<LogLine>) {
    let mut reader = BufReader::with_capacity(READ_SIZE, stderr);
    // An unreadable stderr is an ended one.
    while let Ok(Some(line)) = next_line(&mut reader, MAX_LINE).await {
        let (Line::Whole(line) | Line::TooLong(line)) = line;
        let (level, text) = parse(&line);
        if lines.send(LogLine { role, level, text }).await.is_err() {
            return;
        }
    }
}

fn parse(line: &[u8]) -> (Level, String) {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end();
    let levels = [
        ("ERROR ", Level::Error),
        ("WARN ", Level::Warn),
        ("INFO ", Level::Info),
        ("DEBUG ", Level::Debug),
    ];
    for (prefix, level) in levels {
        if let Some(rest) = text.strip_prefix(prefix) {
            return (level, p2p_chat_chat::safe_text(rest));
        }
    }
    (Level::Warn, p2p_chat_chat::safe_text(text))
}

/// The last lines of one plugin, for the report when it is given up.
#[derive(Default)]
pub(crate) struct Tail(VecDeque<String>);

impl Tail {
    pub(crate) fn push(&mut self, text: String) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(text);
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_levelled_cut_and_safe() {
        let long = format!(
            "DEBUG {}\nINFO after\n\x1b[2Jtorn",
            "x".repeat(3 * MAX_LINE)
        );
        let (sender, mut lines) = tokio::sync::mpsc::channel(8);
        follow(Role::Ui, long.as_bytes(), sender).await;
        let first = lines.recv().await.expect("a line");
        assert_eq!(
            (first.level, first.text.len()),
            (Level::Debug, MAX_LINE - 6)
        );
        let second = lines.recv().await.expect("a line");
        assert_eq!((second.level, second.text.as_str()), (Level::Info, "after"));
        let last = lines.recv().await.expect("a line");
        assert_eq!(
            (last.level, last.text.as_str()),
            (Level::Warn, "\\x1b[2Jtorn")
        );
        assert!(lines.recv().await.is_none());
    }
}
