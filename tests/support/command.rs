//! How a program under test is called.

use std::path::{Path, PathBuf};

use crate::support::{Piped, Screen};

/// A p2p-chat to be started.
#[derive(Clone)]
pub(crate) struct Chat {
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
}

impl Chat {
    /// `p2p-chat` with these arguments, which never asks a real router.
    pub(crate) fn new(args: &[&str]) -> Self {
        Self::with(args).arg("--no-nat")
    }

    /// A listener on a free port of all addresses, who asks this program to open it on a router.
    pub(crate) fn listen_with_nat_helper(program: impl Into<String>) -> Self {
        Self::with(&["listen", "0"])
            .arg("--nat-helper")
            .arg(program)
    }

    fn with(args: &[&str]) -> Self {
        Self {
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: Vec::new(),
        }
    }

    /// A listener on a free port of this computer.
    pub(crate) fn listen() -> Self {
        Self::new(&["listen", "0", "--bind", "127.0.0.1", "--insecure-legacy"])
    }

    /// A connector to that port.
    pub(crate) fn connect(port: u16) -> Self {
        Self::new(&["connect", &format!("127.0.0.1:{port}"), "--insecure-legacy"])
    }

    pub(crate) fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it with pipes for stdin, stdout and stderr.
    pub(crate) fn piped(self) -> Piped {
        Piped::start(&self)
    }

    /// Starts it in a terminal of 80 columns and 24 rows.
    pub(crate) fn on_screen(self) -> Screen {
        Screen::start(&self)
    }
}

/// The environment of the programs under test: nothing of the developer's own settings.
pub(crate) const CLEARED: [&str; 8] = [
    "P2P_CHAT_UI",
    "P2P_CHAT_TRANSPORT",
    "P2P_CHAT_NAT_HELPER",
    "P2P_CHAT_PLAIN",
    "P2P_CHAT_LOG",
    "P2P_CHAT_PLUGIN",
    "NO_COLOR",
    "COLUMNS",
];

/// The program under test.
pub(crate) fn program() -> &'static str {
    env!("CARGO_BIN_EXE_p2p-chat")
}

/// A built-in plugin, which stands beside the program.
pub(crate) fn plugin(name: &str) -> PathBuf {
    let path = PathBuf::from(program()).with_file_name(name);
    assert!(
        path.exists(),
        "{} is not built: cargo build --workspace",
        path.display()
    );
    path
}

/// The folder that everything here is in.
pub(crate) fn repository() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).expect("packages are two deep")
}
