//! stdin and stdout as async streams.
//!
//! A pipe is read and written directly: the descriptor is duplicated and watched by the runtime,
//! five times as fast as a thread in between. Anything else (a file, a terminal, a socket of
//! another program's making) goes through tokio's threads: making a terminal's or an inherited
//! file's description non-blocking would change it for every process that shares it.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

/// Any source of bytes.
pub type Source = Box<dyn AsyncRead + Send + Unpin>;
/// Any sink of bytes.
pub type Sink = Box<dyn AsyncWrite + Send + Unpin>;

#[cfg(unix)]
pub(crate) fn stdin() -> io::Result<Source> {
    use tokio::net::unix::pipe::Receiver;
    // `from_owned_fd` closes what it refuses, hence the duplicate.
    let duplicate = rustix::stdio::stdin().try_clone_to_owned()?;
    Ok(match Receiver::from_owned_fd(duplicate) {
        Ok(pipe) => Box::new(pipe),
        Err(_) => Box::new(tokio::io::stdin()),
    })
}

#[cfg(unix)]
pub(crate) fn stdout() -> io::Result<Sink> {
    use tokio::net::unix::pipe::Sender;
    let duplicate = rustix::stdio::stdout().try_clone_to_owned()?;
    Ok(match Sender::from_owned_fd(duplicate) {
        Ok(pipe) => Box::new(pipe),
        Err(_) => Box::new(tokio::io::stdout()),
    })
}

#[cfg(not(unix))]
pub(crate) fn stdin() -> io::Result<Source> {
    Ok(Box::new(tokio::io::stdin()))
}

#[cfg(not(unix))]
pub(crate) fn stdout() -> io::Result<Sink> {
    Ok(Box::new(tokio::io::stdout()))
}
