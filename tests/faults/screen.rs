//! The user's own ui, whose output nobody reads.

use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::backpressure::{LARGE, REPLACED};
use crate::pair::{Kind, Link, Memory, Part, Program, Side};
use crate::support::{CLEARED, Transcript, children_of, plugin, program};

#[test]
fn a_screen_that_takes_nothing_slows_the_sender_and_shows_everything_later() {
    let mut sender = Program::new(Kind::Listener).start();
    let mut reader = Reader::connect(&sender);
    sender.wait("somebody is there", |ledger| {
        (ledger.link == Link::Together).then_some(())
    });
    reader.look_at_memory();
    sender.look_at_memory();
    let ui = reader.ui();
    sender.say_until_full(LARGE, REPLACED);
    sender.wait("all are answered", |ledger| {
        (ledger.unanswered() == 0).then_some(())
    });
    sender.say(MORE, LARGE);
    // The time itself is what is tested here.
    std::thread::sleep(STOPPED);
    assert_eq!(reader.ui(), ui, "a full screen is no stuck ui");
    reader.look_at_memory();
    sender.look_at_memory();

    let screen = Transcript::follow(reader.screen.take().expect("not followed yet"));
    sender.wait_for("it arrives", REPLACED, |ledger| {
        ledger.is_quiet().then_some(())
    });
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

/// Texts that have to wait.
const MORE: u64 = 40;
/// Three times as long as a ui may take to read anything.
const STOPPED: Duration = Duration::from_secs(32);

/// A p2p-chat with its own ui, which writes into a pipe.
struct Reader {
    child: Child,
    screen: Option<ChildStdout>,
    memory: Memory,
}

impl Reader {
    fn connect(listener: &Side) -> Self {
        let (address, code) = listener.wait("it shows a code", |ledger| {
            let listening = ledger.last("listening")?;
            let address = listening["addresses"][0].as_str()?;
            Some((
                address.to_owned(),
                listening["passcode"].as_str()?.to_owned(),
            ))
        });
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), code).expect("written");
        let mut command = Command::new(program());
        for name in CLEARED {
            command.env_remove(name);
        }
        command.args(["connect", &address, "--no-nat", "--code-file"]);
        let mut child = command
            .arg(file.path())
            .arg("--ui")
            .arg(plugin("ui"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let screen = child.stdout.take();
        // It reads the file when it starts.
        listener.wait("somebody is there", |ledger| {
            (ledger.link == Link::Together).then_some(())
        });
        Self {
            child,
            screen,
            memory: Memory::default(),
        }
    }

    /// The process that draws.
    fn ui(&self) -> Option<u32> {
        let mut children = children_of(self.child.id()).into_iter();
        children.find(|(_, name)| name == "ui").map(|(pid, _)| pid)
    }

    fn look_at_memory(&mut self) {
        self.memory.look(Part::Supervisor, self.child.id());
        for (pid, name) in children_of(self.child.id()) {
            match name.as_str() {
                "ui" => self.memory.look(Part::Ui, pid),
                "transport" => self.memory.look(Part::Transport, pid),
                _ => {}
            }
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
