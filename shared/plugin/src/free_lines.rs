//! Lines of a program that may say anything: too long, not UTF-8, without an end.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// All of it.
    Whole(Vec<u8>),
    /// More than was allowed; its beginning. The rest was skipped.
    TooLong(Vec<u8>),
}

/// Reads the next line of at most `limit` bytes; `None` at the end. An unfinished last line counts.
/// Not cancel-safe: what was read of a line is lost with the future.
///
/// # Errors
/// What the source says.
pub async fn next_line<R: AsyncBufRead + Unpin>(
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
}
