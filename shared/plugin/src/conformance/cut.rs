//! Lines of a program that may say anything: too long, not UTF-8, without an end.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// All of it.
    Whole(Vec<u8>),
    /// More than was allowed; its beginning. The rest was skipped.
    TooLong(Vec<u8>),
}

/// Reads the next line of at most `limit` bytes; `None` at the end. An unfinished last line counts.
pub(super) async fn next_line<R: AsyncBufRead + Unpin>(
    reader: &mut R,
    limit: usize,
) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut length = 0;
    let mut ended = false;
    while !ended {
        let bytes = reader.fill_buf().await?;
        if bytes.is_empty() {
            if length == 0 {
                return Ok(None);
            }
            break;
        }
        let end = memchr::memchr(b'\n', bytes);
        ended = end.is_some();
        let part = &bytes[..end.unwrap_or(bytes.len())];
        let room = limit.saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        length += part.len();
        let used = end.map_or(bytes.len(), |at| at + 1);
        reader.consume(used);
    }
    Ok(Some(if length > limit {
        Line::TooLong(line)
    } else {
        Line::Whole(line)
    }))
}

/// As much of a program's words as fits a row, with nothing in it that a terminal would obey.
pub(super) fn quote(bytes: &[u8]) -> String {
    /// Enough to recognise a line by.
    const SHOWN: usize = 120;
    let text = String::from_utf8_lossy(bytes);
    let mut shown: String = text.trim_end().chars().take(SHOWN).collect();
    if shown.len() < text.trim_end().len() {
        shown.push('…');
    }
    // `escape_debug` leaves reordering marks as they are; ASCII has none.
    let printable = |c: char| match c {
        '"' | '\'' | '\\' => c.to_string(),
        c if c.is_ascii() || c.is_alphanumeric() || c == '…' => c.escape_debug().to_string(),
        c => c.escape_unicode().to_string(),
    };
    shown.chars().map(printable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(mut bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut bytes, 4).await.expect("memory is readable") {
            lines.push(line);
        }
        lines
    }

    #[tokio::test]
    async fn long_lines_are_cut_and_those_after_them_are_whole() {
        let found = lines(b"1234\n12345\n\n\xff\ntorn").await;
        let whole = |bytes: &[u8]| Line::Whole(bytes.to_vec());
        let long = Line::TooLong(b"1234".to_vec());
        let expected = [
            whole(b"1234"),
            long,
            whole(b""),
            whole(b"\xff"),
            whole(b"torn"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_quoted_cannot_steer_a_terminal() {
        let quoted = quote("{\"é\":\"\u{1b}[2J\u{202e}\"}\r\n".as_bytes());
        assert_eq!(quoted, "{\"é\":\"\\u{1b}[2J\\u{202e}\"}");
        assert_eq!(quote(&[b'x'; 500]).chars().count(), 121);
    }
}
