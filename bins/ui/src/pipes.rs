//! The user behind two pipes: read and written by the loop itself, which saves two threads and the
//! waking of them at every line.
//!
//! Both are opened anew, through `/proc`. That gives descriptions of our own, so making them
//! non-blocking changes nothing for the shell or whoever else shares the inherited ones. Where it
//! cannot be done (a file, a socket, a system without that folder) the threads of `plain.rs` serve.

use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileTypeExt;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::{OpenOptions, Receiver, Sender};

use crate::action::Typed;
use crate::cutter::Cutter;
use crate::plain::{READ_SIZE, cannot_write};

/// Text that may wait to be written. Beyond it the supervisor is read no further: a reader that
/// has stopped shall not fill the memory.
const PILE: usize = 1 << 20;

/// Two pipes.
pub(crate) struct Pipes {
    /// `None` behind the end of the input.
    input: Option<Receiver>,
    cutter: Cutter,
    /// Empty between two reads. Room that was never filled takes no memory.
    buffer: Vec<u8>,
    output: Sender,
    /// What the output has not taken yet.
    pile: Vec<u8>,
    /// The reader of the output left.
    broken: bool,
}

impl Pipes {
    /// Opens both anew.
    ///
    /// # Errors
    /// When one is no pipe, or cannot be opened.
    pub(crate) fn open([input, output]: &[File; 2]) -> Result<Self> {
        Ok(Self {
            input: Some(OpenOptions::new().open_receiver(own_path(input)?)?),
            cutter: Cutter::default(),
            buffer: Vec::with_capacity(READ_SIZE),
            output: OpenOptions::new().open_sender(own_path(output)?)?,
            pile: Vec::new(),
            broken: false,
        })
    }

    /// Waits for lines, or until more could be written: then there are none. Cancel-safe.
    pub(crate) async fn next(&mut self, wants_lines: bool) -> Vec<Typed> {
        let Self {
            input,
            buffer,
            output,
            pile,
            ..
        } = self;
        let read = async {
            match input {
                Some(input) if wants_lines => input.read_buf(buffer).await,
                _ => std::future::pending().await,
            }
        };
        // What can be written soon is, so this order lets nothing wait for ever.
        tokio::select! {
            biased;
            _ = output.writable(), if !pile.is_empty() => {
                self.write();
                vec![]
            }
            count = read => self.took(count),
        }
    }

    /// All lines that end in what was read.
    fn took(&mut self, count: Result<usize>) -> Vec<Typed> {
        match count {
            Ok(1..) => {
                let lines = self.cutter.cut(&self.buffer);
                self.buffer.fill(0);
                self.buffer.clear();
                lines
            }
            Ok(0) | Err(_) => {
                self.input = None;
                std::mem::take(&mut self.cutter).end()
            }
        }
    }

    /// Writes `text`, as far as there is room for it now.
    pub(crate) fn show(&mut self, text: &str) {
        if self.broken {
            return;
        }
        if !self.pile.is_empty() {
            self.pile.extend_from_slice(text.as_bytes());
            return self.write();
        }
        match offer(&self.output, text.as_bytes()) {
            Some(written) => self.pile.extend_from_slice(&text.as_bytes()[written..]),
            None => self.broken = true,
        }
    }

    fn write(&mut self) {
        self.pile = match offer(&self.output, &self.pile) {
            Some(written) => self.pile.split_off(written),
            None => {
                self.broken = true;
                Vec::new()
            }
        };
    }

    /// Whether more text may be added.
    pub(crate) fn has_room(&self) -> bool {
        self.pile.len() < PILE
    }

    /// Whether nobody sees what is shown.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Writes what is left.
    pub(crate) async fn finish(mut self) {
        while !self.pile.is_empty() && self.output.writable().await.is_ok() {
            self.write();
        }
    }
}

/// Writes as much as there is room for; how much. `None`: the reader left.
fn offer(output: &Sender, bytes: &[u8]) -> Option<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match output.try_write(&bytes[written..]) {
            Ok(n) => written += n,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return None,
            Err(error) => cannot_write(&error),
        }
    }
    Some(written)
}

/// Where to open a pipe anew.
fn own_path(pipe: &File) -> Result<String> {
    match pipe.metadata()?.file_type().is_fifo() {
        true => Ok(format!("/proc/self/fd/{}", pipe.as_raw_fd())),
        false => Err(Error::from(ErrorKind::Unsupported)),
    }
}
