//! How a p2p-chat of a pair is started.

use std::path::PathBuf;
use std::process::Command;

use crate::pair::memory::Part;
use crate::pair::side::Side;
use crate::support::{plugin, program, repository};

/// Which of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Listener,
    /// With the address it calls.
    Connector(String),
}

/// A p2p-chat to be started. The test is its ui.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) kind: Kind,
    /// Compare words instead of typing a code.
    pub(crate) words: bool,
    /// The ui is a process of its own, which passes everything on to the test.
    pub(crate) ui_process: bool,
    /// transport's pipes can be closed.
    pub(crate) breakable: bool,
    /// The port its router opens stands in this file.
    pub(crate) router: Option<PathBuf>,
}

impl Program {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            words: false,
            ui_process: false,
            breakable: false,
            router: None,
        }
    }

    /// Starts it.
    pub(crate) fn start(&self) -> Side {
        Side::start(self)
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(program());
        for name in crate::support::CLEARED {
            command.env_remove(name);
        }
        match &self.kind {
            // No router helps to reach loopback.
            Kind::Listener if self.router.is_some() => command.args(["listen", "0"]),
            Kind::Listener => command.args(["listen", "0", "--bind", "127.0.0.1"]),
            Kind::Connector(address) => command.args(["connect", address]),
        };
        // What the stand-ins share is compiled anew each time, and kept nowhere.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        if self.words {
            command.arg("--no-code");
        }
        if self.ui_process {
            command.arg("--ui").arg(script("relay_ui.py"));
        } else {
            command.args(["--ui", "-"]);
        }
        if self.breakable {
            command.arg("--transport").arg(script("between.py"));
            command.env("BETWEEN", plugin("transport"));
        }
        match &self.router {
            Some(file) => {
                command.arg("--nat-helper").arg(script("paper_router.py"));
                command.env("ROUTER", file);
            }
            None => drop(command.arg("--no-nat")),
        }
        command
    }

    /// The file name of the program that plays this part.
    pub(in crate::pair) fn file_of(part: Part) -> &'static str {
        match part {
            Part::Supervisor => "p2p-chat",
            Part::Transport => "transport",
            Part::Ui => "relay_ui.py",
            Part::NatHelper => "paper_router.py",
        }
    }
}

/// A stand-in of the tests.
fn script(name: &str) -> PathBuf {
    repository().join("tests/python").join(name)
}
