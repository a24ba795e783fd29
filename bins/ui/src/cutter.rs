//! The user's bytes, cut into lines. Pure.

use crate::action::Typed;

/// The longest line kept: more than any message holds, so that its size can be said.
const LONGEST: usize = 65_536;

/// Bytes in, lines out.
#[derive(Default)]
pub(crate) struct Cutter {
    /// The start of a line whose end has not come.
    line: Vec<u8>,
    /// How much of it was thrown away.
    dropped: usize,
}

impl Cutter {
    /// All lines that end in `bytes`.
    pub(crate) fn cut(&mut self, bytes: &[u8]) -> Vec<Typed> {
        let mut lines = Vec::new();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            self.keep(&bytes[start..end]);
            lines.push(self.line());
            start = end + 1;
        }
        self.keep(&bytes[start..]);
        lines
    }

    /// The end: a last line without its end counts, people forget it.
    pub(crate) fn end(mut self) -> Vec<Typed> {
        let mut lines = Vec::new();
        if !self.line.is_empty() {
            lines.push(self.line());
        }
        lines.push(Typed::End);
        lines
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST - self.line.len();
        let kept = bytes.len().min(room);
        self.line.extend_from_slice(&bytes[..kept]);
        self.dropped += bytes.len() - kept;
    }

    fn line(&mut self) -> Typed {
        let mut line = std::mem::take(&mut self.line);
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            return Typed::TooLong(line.len() + dropped);
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Typed::Line {
            text: String::from_utf8(line)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
            question: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Typed {
        let text = text.to_owned();
        Typed::Line {
            text,
            question: false,
        }
    }

    #[test]
    fn lines_survive_every_place_a_read_may_end() {
        let bytes = "Größe\r\n\nlast".as_bytes();
        for at in 0..=bytes.len() {
            let mut cutter = Cutter::default();
            let mut lines = cutter.cut(&bytes[..at]);
            lines.extend(cutter.cut(&bytes[at..]));
            lines.extend(cutter.end());
            assert_eq!(
                lines,
                [line("Größe"), line(""), line("last"), Typed::End],
                "cut at {at}"
            );
        }
    }

    #[test]
    fn a_line_over_64_kib_is_measured_and_not_kept() {
        let mut cutter = Cutter::default();
        assert_eq!(cutter.cut(&[b'x'; LONGEST]), []);
        for _ in 0..100 {
            assert_eq!(cutter.cut(&[b'x'; 1000]), []);
        }
        assert!(cutter.line.len() <= LONGEST);
        let lines = cutter.cut(b"\nnext\n");
        assert_eq!(lines, [Typed::TooLong(LONGEST + 100_000), line("next")]);
    }

    #[test]
    fn what_is_no_utf8_is_replaced() {
        assert_eq!(Cutter::default().cut(b"a\xffb\n"), [line("a\u{fffd}b")]);
    }
}
