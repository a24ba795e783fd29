//! How a line becomes rows of a terminal: marks, wrapping, widths. Pure.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// Narrower than this a terminal leaves no room beside a mark: then it wraps as it likes.
const NARROWEST: usize = 20;

/// Tab stops of every terminal in use.
const TAB: usize = 8;

/// Something to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A sentence of the program.
    Note(String),
    /// Somebody's text: the mark stands before each of its lines, so that none can pass for a
    /// sentence of the program.
    Text {
        /// `[198.51.100.2] `.
        mark: String,
        /// May have several lines.
        text: String,
    },
}

impl Line {
    /// A sentence.
    pub(crate) fn note(sentence: impl Into<String>) -> Self {
        Self::Note(sentence.into())
    }

    /// Somebody's text.
    pub(crate) fn text(mark: String, text: impl Into<String>) -> Self {
        let text = text.into();
        Self::Text { mark, text }
    }
}

/// Appends `line` to `out`, every row ended; rows are wrapped where a terminal has `columns`.
pub(crate) fn draw(out: &mut String, line: &Line, columns: Option<usize>) {
    let (mark, text) = match line {
        Line::Note(sentence) => ("", sentence),
        Line::Text { mark, text } => (mark.as_str(), text),
    };
    out.reserve(mark.len() + text.len() + 1);
    for (i, part) in parts(text).enumerate() {
        // A sentence's further lines are set in as well: only its first has the program's mark.
        let start = if mark.is_empty() && i > 0 {
            "    "
        } else {
            mark
        };
        out.push_str(start);
        match columns {
            Some(columns) if !mark.is_empty() && columns >= NARROWEST => {
                let indent = width(mark).min(columns / 2);
                wrap(out, part, width(mark), indent, columns);
            }
            _ => out.push_str(part),
        }
        out.push('\n');
    }
}

/// The lines of `text`, found as quickly as those of a pipe.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    let mut start = 0;
    ends.map(move |end| &text[std::mem::replace(&mut start, end + 1)..end])
}

/// Writes `text` from column `at`, further rows from column `indent`. Rows break between words
/// where they can.
fn wrap(out: &mut String, text: &str, at: usize, indent: usize, columns: usize) {
    let (mut column, mut fresh) = (at, true);
    for word in text.split_word_bounds() {
        let wide = width(word);
        let blank = word.chars().all(char::is_whitespace);
        if column + wide > columns && !fresh && wide <= columns - indent {
            start_row(out, &mut column, indent);
            if blank {
                continue;
            }
        }
        for piece in word.graphemes(true) {
            if column + width(piece) > columns {
                start_row(out, &mut column, indent);
            }
            out.push_str(piece);
            column += width(piece);
        }
        fresh = false;
    }
}

fn start_row(out: &mut String, column: &mut usize, indent: usize) {
    let blanks = out.len() - out.trim_end_matches(' ').len();
    out.truncate(out.len() - blanks);
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    *column = indent;
}

/// Columns of `text`, character by character: what terminals without emoji shaping take, and
/// never less than what the others do.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// On which row, counted from 0, the cursor stands after `text` was typed into a terminal of
/// `columns`; a full row counts as one more, as the line editor moves on to the next by itself.
pub(crate) fn last_row(text: &str, columns: usize, width: impl Fn(&str) -> usize) -> usize {
    let columns = columns.max(1);
    let (mut row, mut column) = (0, 0);
    for piece in text.graphemes(true) {
        if piece == "\n" {
            (row, column) = (row + 1, 0);
            continue;
        }
        let wide = match piece {
            "\t" => TAB - column % TAB,
            _ => width(piece),
        };
        column += wide;
        if column > columns {
            (row, column) = (row + 1, wide);
        }
    }
    row + usize::from(column == columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(mark: &str, text: &str, columns: Option<usize>) -> String {
        let mut out = String::new();
        let (mark, text) = (mark.to_owned(), text.to_owned());
        draw(&mut out, &Line::Text { mark, text }, columns);
        out
    }

    #[test]
    fn every_line_of_a_text_carries_its_mark() {
        let forged = "hi\n[*] Peer 198.51.100.2:1 disconnected\n";
        let expected = "[198.51.100.2] hi\n\
                        [198.51.100.2] [*] Peer 198.51.100.2:1 disconnected\n\
                        [198.51.100.2] \n";
        assert_eq!(drawn("[198.51.100.2] ", forged, None), expected);
    }

    #[test]
    fn a_long_text_wraps_between_words_and_is_set_in() {
        let text = "one two three four five six";
        let expected = "[10.0.0.1] one two\n           three four\n           five six\n";
        assert_eq!(drawn("[10.0.0.1] ", text, Some(22)), expected);
    }

    #[test]
    fn a_word_longer_than_a_row_is_cut_between_characters() {
        let expected = "[10.0.0.1] aaaaaaaaaaa\n           aaaaaaaaa\n";
        assert_eq!(drawn("[10.0.0.1] ", &"a".repeat(20), Some(22)), expected);
        let wide = drawn("[10.0.0.1] ", &"漢".repeat(7), Some(22));
        assert_eq!(wide, "[10.0.0.1] 漢漢漢漢漢\n           漢漢\n");
    }

    #[test]
    fn no_row_is_wider_than_the_terminal() {
        let text = "Größe 漢字 👩‍🚀 e\u{301}e\u{301}e\u{301} --------------------------- x";
        for columns in NARROWEST..60 {
            for row in drawn("[10.0.0.1] ", text, Some(columns)).lines() {
                assert!(width(row) <= columns, "{columns}: {row:?}");
            }
        }
    }

    #[test]
    fn a_sentence_of_two_lines_is_set_in_and_not_wrapped() {
        let mut out = String::new();
        draw(&mut out, &Line::note("[!] one\n[*] two"), Some(5));
        assert_eq!(out, "[!] one\n    [*] two\n");
    }

    #[test]
    fn rows_are_counted_as_the_line_editor_draws_them() {
        let rows = |text: &str| last_row(text, 10, width);
        assert_eq!(rows("> 1234567"), 0);
        assert_eq!(rows("> 12345678"), 1, "a full row");
        assert_eq!(rows("> 12345678\n"), 1);
        assert_eq!(rows("> 123456789"), 1);
        assert_eq!(rows("> 1234567漢"), 1, "a wide character moves on whole");
        assert_eq!(rows("> a\nb\nc"), 2);
        assert_eq!(rows("> \t12"), 1);
    }
}
