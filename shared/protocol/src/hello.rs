//! The first line of each side: `hello` from the plugin, `welcome` from the supervisor.

use serde::{Deserialize, Serialize};

use crate::macros::messages;
use crate::{Refusal, VERSION};

/// Which part of the chat a plugin plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A terminal, no network.
    Ui,
    /// Sockets and keys, no files.
    Transport,
    /// The router.
    NatHelper,
}

impl Role {
    /// The role's name, as in `hello` and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ui => "ui",
            Self::Transport => "transport",
            Self::NatHelper => "nat-helper",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

messages! {
    /// The first line of a pipe, in either direction.
    Greeting {
        /// A plugin introduces itself, within 10 s of its start.
        "hello" => Hello(Hello),
        /// The supervisor takes it in.
        "welcome" => Welcome(Welcome),
        /// The supervisor does not take it in, and closes the pipe.
        "error" => Error(Refusal),
    }
}

/// A plugin's introduction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol's version, [`VERSION`].
    pub protocol: u32,
    /// What it is.
    pub role: Role,
    /// The program's name, for people.
    pub name: String,
    /// The program's version, for people.
    #[serde(default)]
    pub version: String,
}

impl Hello {
    /// The hello of a program that speaks this version.
    pub fn new(role: Role, name: &str, version: &str) -> Self {
        Self {
            protocol: VERSION,
            role,
            name: name.to_owned(),
            version: version.to_owned(),
        }
    }
}

/// The supervisor's answer to a hello.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The protocol's version, [`VERSION`].
    pub protocol: u32,
    /// The supervisor's version, for people.
    pub supervisor: String,
    /// What the user asked for on the command line.
    pub start: Start,
    /// How the user wants it shown.
    #[serde(default)]
    pub options: Options,
}

/// What the user asked for on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// Nothing: the ui shows its menu.
    #[default]
    Menu,
    /// Wait for a peer; the supervisor listens by itself.
    Listen,
    /// Connect to a peer; the supervisor connects by itself, or says `input_needed`.
    Connect,
}

/// How the user wants things shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// No cursor movement, no colour: for screen readers and simple terminals.
    pub plain: bool,
    /// Ring the terminal's bell at a peer's text.
    pub bell: bool,
    /// Show details.
    pub verbose: bool,
    /// Colours may be used.
    pub color: bool,
    /// The user's stdin and stdout are both a terminal: `/dev/tty` may be opened.
    pub terminal: bool,
}
