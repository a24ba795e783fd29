//! The user's own ui, whose output nobody reads; beside it all four processes as they are shipped.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;

use crate::alone::alone;
use crate::backpressure::{LARGE, REPLACED};
use crate::pair::{Kind, Link, Memory, Part, Program};
use crate::support::{CLEARED, Transcript, children_of, plugin, program, wait_until};

/// Texts that have to wait.
const MORE: u64 = 100;
/// Three times as long as a ui may take to read anything.
const STOPPED: Duration = Duration::from_secs(32);
/// All of a listener, and their names.
const PARTS: [(Part, &str); 4] = [
    (Part::Supervisor, "p2p-chat"),
    (Part::Transport, "transport"),
    (Part::Ui, "ui"),
    (Part::NatHelper, "nat-helper"),
];

#[test]
fn a_screen_that_takes_nothing_slows_both_sides_and_shows_everything_later() {
    // There no router is asked.
    if !alone("screen::a_screen_that_takes_nothing_slows_both_sides_and_shows_everything_later") {
        return;
    }
    let mut reader = Reader::listen();
    reader.look_at_memory();
    let mut sender = Program::new(Kind::Connector(reader.address.clone())).start();
    sender.wait("it asks for the code", |ledger| {
        (ledger.count("input_needed") > 0).then_some(())
    });
    let (invite, passcode) = (&reader.address, &reader.code);
    sender.ask(json!({ "type": "connect", "invite": invite, "passcode": passcode }));
    sender.wait("somebody is there", |ledger| {
        (ledger.link == Link::Together).then_some(())
    });
    sender.look_at_memory();
    let ui = reader.process("ui");
    sender.say_until_full(LARGE, REPLACED);
    sender.wait("all are answered", |ledger| {
        (ledger.unanswered() == 0).then_some(())
    });
    sender.say(MORE, LARGE);
    reader.says(MORE, LARGE);
    // The time itself is what is tested here.
    std::thread::sleep(STOPPED);
    assert_eq!(reader.process("ui"), ui, "a full screen is no stuck ui");
    reader.look_at_memory();

    let screen = Transcript::follow(reader.screen.take().expect("not followed yet"));
    sender.wait_for("it arrives", REPLACED, |ledger| {
        ledger.is_quiet().then_some(())
    });
    reader.look_at_memory();
    sender.look_at_memory();
    sender.wait_for("all that its user typed arrives", REPLACED, |ledger| {
        (ledger.texts.received.len() as u64 == MORE).then_some(())
    });
    let typing = reader.typing.take().expect("types");
    let _keyboard = typing.join().expect("no panic").expect("all is taken");
    sender.leave();
    assert_eq!(sender.exit_code(), Some(0));
    let shown = screen.all();
    let rows = shown
        .lines()
        .filter_map(|row| row.strip_prefix("[peer 127.0.0.1] "));
    let shown: Vec<_> = rows
        .map(|row| row.split(' ').next().unwrap_or(row))
        .collect();
    let accepted = sender.now(|ledger| ledger.texts.accepted.clone());
    assert!(accepted.len() * LARGE > 3 << 20, "only {}", accepted.len());
    let accepted: Vec<_> = accepted.iter().map(u64::to_string).collect();
    assert!(
        shown == accepted,
        "{} of {} are shown",
        shown.len(),
        accepted.len()
    );
    for memory in [&reader.memory, &sender.memory()] {
        assert!(memory.excess().is_empty(), "{:?}", memory.excess());
    }
}

/// A listener with its own ui, which writes into a pipe.
struct Reader {
    child: Child,
    /// What its user types; the end would be a goodbye.
    keyboard: Option<ChildStdin>,
    typing: Option<JoinHandle<std::io::Result<ChildStdin>>>,
    screen: Option<BufReader<ChildStdout>>,
    address: String,
    code: String,
    memory: Memory,
}

impl Reader {
    /// Starts it, and reads until it has shown its code.
    fn listen() -> Self {
        let mut command = Command::new(program());
        for name in CLEARED {
            command.env_remove(name);
        }
        let mut child = command
            .args(["listen", "0", "--ui"])
            .arg(plugin("ui"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let keyboard = child.stdin.take();
        let mut screen = BufReader::new(child.stdout.take().expect("piped"));
        let mut after = |marker: &str| loop {
            let mut row = String::new();
            let read = screen.read_line(&mut row).expect("text");
            assert!(read > 0, "it ended without {marker:?}");
            if let Some((_, rest)) = row.split_once(marker) {
                return rest.trim_end().to_owned();
            }
        };
        let address = after("[*] Listening on ");
        let (_, port) = address.rsplit_once(':').expect("a port");
        let address = format!("127.0.0.1:{port}");
        let code = after("ay this code by phone: ");
        let code: Vec<_> = code.split(' ').take(3).collect();
        let code = code.join(" ");
        Self {
            child,
            keyboard,
            typing: None,
            screen: Some(screen),
            address,
            code,
            memory: Memory::default(),
        }
    }

    /// Its user types texts of this size, as fast as they are taken. In JSON they are twice as long.
    fn says(&mut self, count: u64, padding: usize) {
        let mut keyboard = self.keyboard.take().expect("types once");
        self.typing = Some(std::thread::spawn(move || {
            let padding = "\"".repeat(padding);
            for number in 1..=count {
                writeln!(keyboard, "{number} {padding}")?;
            }
            Ok(keyboard)
        }));
    }

    /// The process that has this name now.
    fn process(&self, name: &str) -> u32 {
        if name == "p2p-chat" {
            return self.child.id();
        }
        let mut found = None;
        wait_until(&format!("{name} runs"), || {
            let mut children = children_of(self.child.id()).into_iter();
            found = children.find(|(_, child)| child == name);
            found.is_some()
        });
        found.expect("just found").0
    }

    fn look_at_memory(&mut self) {
        for (part, name) in PARTS {
            let pid = self.process(name);
            self.memory.look(part, pid);
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // One that has ended needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
