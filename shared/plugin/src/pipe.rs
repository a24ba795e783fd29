//! The two directions of one plugin's connection.

use crate::lines::{LineReader, LineWriter};
use crate::stdio::{Sink, Source};

/// How much the in-memory twin holds before its writer waits, like a Linux pipe.
const MEMORY_PIPE: usize = 65_536;

/// Lines in, lines out.
pub struct Pipe {
    /// What the other side says.
    pub reader: LineReader<Source>,
    /// What we say.
    pub writer: LineWriter<Sink>,
}

impl Pipe {
    /// A pipe over any two streams.
    pub fn new(source: Source, sink: Sink) -> Self {
        Self {
            reader: LineReader::new(source),
            writer: LineWriter::new(sink),
        }
    }

    /// This process's stdin and stdout.
    ///
    /// # Errors
    /// When a descriptor cannot be duplicated or watched.
    pub fn stdio() -> std::io::Result<Self> {
        let (source, sink) = Self::stdio_streams()?;
        Ok(Self::new(source, sink))
    }

    /// The streams of [`Pipe::stdio`], for a program whose plugin they lead to.
    ///
    /// # Errors
    /// When a descriptor cannot be duplicated or watched.
    pub fn stdio_streams() -> std::io::Result<(Source, Sink)> {
        Ok((crate::stdio::stdin()?, crate::stdio::stdout()?))
    }

    /// The reader, with all it has read, and the stream under the writer.
    pub fn into_parts(self) -> (LineReader<Source>, Sink) {
        (self.reader, self.writer.into_sink())
    }

    /// Two pipes that are each other's other side, for tests and for plugins in the same process.
    pub fn memory() -> (Self, Self) {
        let (near, far) = tokio::io::duplex(MEMORY_PIPE);
        let [near, far] = [near, far].map(|end| {
            let (source, sink) = tokio::io::split(end);
            Self::new(Box::new(source), Box::new(sink))
        });
        (near, far)
    }
}
