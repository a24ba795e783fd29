//! A stream of bytes, cut into lines: UTF-8 JSON objects, each ended by `\n`.
//!
//! Tolerated: `\r\n`, blank lines, a byte order mark at the start. An unfinished last line is
//! dropped, since its writer died in the middle of it. A line over [`MAX_LINE`] is an error, and
//! nothing after it is read: its rest would be taken for lines.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use p2p_chat_protocol::{MAX_LINE, Messages};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// One read takes at most this much: a Linux pipe holds 64 KiB.
const MOST: usize = 65_536;
/// The first reads take less: nearly always a line or two is all there is.
const LEAST: usize = 1_024;
/// Room that stays between two reads, for a few lines: a page, and no more of each process.
const KEPT: usize = 4_096;

/// Bytes in, lines out. Pure.
pub struct LineBuffer {
    /// Where all lines were handed out, nothing of them stays here: the room for a few is made zero,
    /// and more is given up, to an allocator that erases what is freed.
    bytes: Vec<u8>,
    /// So much of it was handed out.
    start: usize,
    /// How far `bytes` was searched for a line end.
    searched: usize,
    /// For the next read.
    room: usize,
    /// Whether the place of a byte order mark is behind us.
    started: bool,
}

impl Default for LineBuffer {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            searched: 0,
            room: LEAST,
            started: false,
        }
    }
}

impl LineBuffer {
    /// Where the next bytes go.
    fn spare(&mut self) -> &mut Vec<u8> {
        self.close_up();
        self.bytes.reserve(self.room);
        &mut self.bytes
    }

    /// A read has brought so many bytes.
    fn took(&mut self, count: usize) {
        self.room = (4 * count).clamp(LEAST, MOST);
    }

    /// Moves what was not handed out to the front, and erases what is behind it.
    fn close_up(&mut self) {
        let left = self.bytes.len() - self.start;
        if self.start > 0 {
            self.bytes.copy_within(self.start.., 0);
            self.bytes[left..].fill(0);
            self.bytes.truncate(left);
            self.searched -= self.start;
            self.start = 0;
        }
        if left == 0 && self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
    }

    /// The next whole line, without its end; `None` when more bytes are needed.
    pub fn next_line(&mut self) -> Result<Option<Bytes>, LineTooLong> {
        loop {
            self.skip_byte_order_mark();
            let Some(found) = memchr::memchr(b'\n', &self.bytes[self.searched..]) else {
                self.searched = self.bytes.len();
                if self.searched - self.start > MAX_LINE + 1 {
                    return Err(LineTooLong);
                }
                if self.searched == self.start {
                    self.close_up();
                }
                return Ok(None);
            };
            let end = self.searched + found;
            let line = &self.bytes[self.start..end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            self.start = end + 1;
            self.searched = self.start;
            if line.len() > MAX_LINE {
                return Err(LineTooLong);
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(Bytes::copy_from_slice(line)));
            }
        }
    }

    fn skip_byte_order_mark(&mut self) {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        if self.started || self.bytes.len() < MARK.len() {
            return;
        }
        self.started = true;
        if self.bytes.starts_with(MARK) {
            self.start = MARK.len();
            self.searched = self.start;
        }
    }
}

/// A line over [`MAX_LINE`] bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct LineTooLong;

impl From<LineTooLong> for io::Error {
    fn from(_: LineTooLong) -> Self {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a line is longer than {MAX_LINE} bytes"),
        )
    }
}

/// Reads lines from `R`.
pub struct LineReader<R> {
    source: R,
    buffer: LineBuffer,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    /// A reader at the start of `source`.
    pub fn new(source: R) -> Self {
        Self {
            source,
            buffer: LineBuffer::default(),
        }
    }

    /// The next line; `None` at the end. Cancel-safe: nothing that was read is lost.
    pub async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if let Some(line) = self.buffer.next_line()? {
                return Ok(Some(line));
            }
            match self.source.read_buf(self.buffer.spare()).await? {
                0 => return Ok(None),
                count => self.buffer.took(count),
            }
        }
    }

    /// The next line that has already been read, if there is one: for taking all that is there
    /// before answering with one write.
    pub fn buffered(&mut self) -> io::Result<Option<Bytes>> {
        Ok(self.buffer.next_line()?)
    }
}

/// Collects messages and writes them together.
pub struct LineWriter<W> {
    sink: W,
    out: Vec<u8>,
    /// So much of `out` is written.
    written: usize,
}

impl<W: AsyncWrite + Unpin> LineWriter<W> {
    /// A writer into `sink`.
    pub fn new(sink: W) -> Self {
        Self {
            sink,
            out: Vec::new(),
            written: 0,
        }
    }

    /// Adds an event.
    pub fn event<M: Messages>(&mut self, message: &M) {
        p2p_chat_protocol::write(&mut self.out, None, None, message);
    }

    /// Adds the reply to request `reply_to`; where that had no id, an event.
    pub fn reply<M: Messages>(&mut self, reply_to: Option<u64>, message: &M) {
        p2p_chat_protocol::write(&mut self.out, None, reply_to, message);
    }

    /// Adds a request that wants a reply.
    pub fn request<M: Messages>(&mut self, id: u64, message: &M) {
        p2p_chat_protocol::write(&mut self.out, Some(id), None, message);
    }

    /// Adds an empty line, which says nothing but that we live.
    pub fn sign_of_life(&mut self) {
        self.out.push(b'\n');
    }

    /// The stream under it; what was added and not flushed is gone.
    pub(crate) fn into_sink(self) -> W {
        self.sink
    }

    /// Writes all that was added. Cancel-safe: the next flush goes on where a dropped one was.
    pub async fn flush(&mut self) -> io::Result<()> {
        while self.written < self.out.len() {
            match self.sink.write(&self.out[self.written..]).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => self.written += count,
            }
        }
        self.sink.flush().await?;
        // Not emptied: what was written is not kept.
        self.out = Vec::new();
        self.written = 0;
        Ok(())
    }

    /// Writes what the stream takes without a wait. Says whether that was all.
    pub async fn flush_at_once(&mut self) -> io::Result<bool> {
        if self.is_empty() {
            return Ok(true);
        }
        let mut flush = pin!(self.flush());
        poll_fn(|context| {
            Poll::Ready(match flush.as_mut().poll(context) {
                Poll::Ready(written) => written.map(|()| true),
                Poll::Pending => Ok(false),
            })
        })
        .await
    }

    /// Whether all that was added is written and flushed.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Result<Vec<String>, LineTooLong> {
        let mut buffer = LineBuffer::default();
        let mut lines = Vec::new();
        for chunk in chunks {
            buffer.spare().extend_from_slice(chunk);
            while let Some(line) = buffer.next_line()? {
                lines.push(String::from_utf8_lossy(&line).into_owned());
            }
        }
        Ok(lines)
    }

    #[test]
    fn lines_survive_every_place_a_read_may_end() {
        let stream = "\u{feff}{\"a\":1}\r\n\n  \r\n{\"b\":\"\u{1f525}\"}\n{\"torn\"".as_bytes();
        for at in 0..=stream.len() {
            let (head, tail) = stream.split_at(at);
            let expected = ["{\"a\":1}", "{\"b\":\"\u{1f525}\"}"].map(str::to_owned);
            assert_eq!(lines(&[head, tail]), Ok(expected.to_vec()), "cut at {at}");
        }
    }

    #[test]
    fn a_byte_order_mark_counts_only_at_the_start() {
        let found = lines(&["a\n\u{feff}b\n".as_bytes()]).expect("short lines");
        assert_eq!(found, ["a", "\u{feff}b"]);
    }

    #[test]
    fn the_longest_line_passes_and_one_byte_more_does_not() {
        let longest = [vec![b'x'; MAX_LINE], b"\r\n".to_vec()].concat();
        assert_eq!(lines(&[&longest]).map(|l| l[0].len()), Ok(MAX_LINE));
        let longer = [vec![b'x'; MAX_LINE + 1], b"\n".to_vec()].concat();
        assert_eq!(lines(&[&longer]), Err(LineTooLong));
        let endless = vec![b'x'; MAX_LINE + 2];
        assert_eq!(lines(&[&endless]), Err(LineTooLong));
    }

    #[tokio::test]
    async fn a_dropped_read_loses_nothing() {
        let (mut near, far) = tokio::io::duplex(8);
        let mut reader = LineReader::new(far);
        near.write_all(b"{\"half").await.expect("room");
        tokio::select! {
            biased;
            _ = reader.next() => panic!("there is no line yet"),
            () = tokio::task::yield_now() => {}
        }
        near.write_all(b"\":1}\n").await.expect("room");
        let line = reader.next().await.expect("readable").expect("a line");
        assert_eq!(line, "{\"half\":1}".as_bytes());
    }
}
