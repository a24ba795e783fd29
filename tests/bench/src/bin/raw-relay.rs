//! The limit of the architecture: three processes a side that do nothing but copy bytes, with
//! blocking reads and writes. What p2p-chat takes longer than this is its own work.
//!
//! `raw-relay supervisor listen` and `raw-relay supervisor connect ADDRESS` start a side.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Command, Stdio};

use command_fds::{CommandFdExt, FdMapping};
use rustix::event::{PollFd, PollFlags, poll};

/// As much as a Linux pipe holds.
const CHUNK: usize = 65_536;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["supervisor", ref how @ ..] => supervisor(how),
        ["ui"] => ui(),
        ["transport", "listen"] => {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            println!("listening {}", listener.local_addr()?);
            transport(&listener.accept()?.0)
        }
        ["transport", "connect", address] => transport(&TcpStream::connect(address)?),
        _ => Err(io::Error::other(
            "usage: raw-relay supervisor listen | connect ADDRESS",
        )),
    }
}

fn supervisor(how: &[&str]) -> io::Result<()> {
    let own = std::env::current_exe()?;
    let piped = |command: &mut Command| {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        child.map(|mut child| (child.stdin.take(), child.stdout.take()))
    };
    let transport = piped(Command::new(&own).arg("transport").args(how))?;
    let user = |parent_fd, child_fd| FdMapping {
        parent_fd,
        child_fd,
    };
    let stdin = io::stdin().as_fd().try_clone_to_owned()?;
    let stdout = io::stdout().as_fd().try_clone_to_owned()?;
    let mut command = Command::new(&own);
    command
        .arg("ui")
        .fd_mappings(vec![user(stdin, 3), user(stdout, 4)])
        .map_err(io::Error::other)?;
    let ui = piped(&mut command)?;
    drop(command);
    let (Some(to_ui), Some(from_ui)) = ui else {
        return Err(io::Error::other("the ui has no pipes"));
    };
    let (Some(to_transport), Some(from_transport)) = transport else {
        return Err(io::Error::other("the transport has no pipes"));
    };
    relay([
        (from_ui.into(), to_transport.into()),
        (from_transport.into(), to_ui.into()),
    ])
}

fn ui() -> io::Result<()> {
    let typed = File::open("/dev/fd/3")?;
    let shown = OpenOptions::new().write(true).open("/dev/fd/4")?;
    relay([(typed.into(), own_stdout()?), (own_stdin()?, shown.into())])
}

fn transport(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    println!("connected");
    let [from_peer, to_peer] = [(); 2].map(|()| stream.as_fd().try_clone_to_owned());
    relay([(own_stdin()?, to_peer?), (from_peer?, own_stdout()?)])
}

fn own_stdin() -> io::Result<OwnedFd> {
    io::stdin().as_fd().try_clone_to_owned()
}

fn own_stdout() -> io::Result<OwnedFd> {
    io::stdout().as_fd().try_clone_to_owned()
}

/// Copies from the first to the second of each way, until one is at its end.
fn relay(ways: [(OwnedFd, OwnedFd); 2]) -> io::Result<()> {
    let mut ways = ways.map(|(from, to)| (File::from(from), File::from(to)));
    let mut chunk = vec![0; CHUNK];
    loop {
        let ready = {
            let mut inputs = [&ways[0].0, &ways[1].0].map(|file| PollFd::new(file, PollFlags::IN));
            // No limit: it ends with its stdin, as a plugin does.
            poll(&mut inputs, None)?;
            inputs.map(|input| !input.revents().is_empty())
        };
        for ((input, output), ready) in ways.iter_mut().zip(ready) {
            if !ready {
                continue;
            }
            match input.read(&mut chunk)? {
                0 => return Ok(()),
                n => output.write_all(&chunk[..n])?,
            }
        }
    }
}
