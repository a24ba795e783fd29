//! Ctrl-C in a terminal.

mod support;

use std::io::Write;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use support::nat_lab::{lines, next, wait_until};
use support::{NAT_HELPER, SOON, forwards, ipv4_home};

/// Says who it is, and whether it hears of Ctrl-C; ends when it alone is told to.
const COMMAND: &str = "trap 'echo heard' INT; trap 'exit 9' TERM; echo up $$; \
                       while :; do sleep 0.05; done";

/// The key, as a terminal gets it.
const CTRL_C: &[u8] = b"\x03";

#[test]
fn what_the_terminal_sends_is_not_sent_again_wherever_stdin_comes_from() {
    let Some(lab) = ipv4_home(&[]) else {
        return;
    };
    for stdin in ["/dev/tty", "/dev/null"] {
        let pty = native_pty_system();
        let pty = pty.openpty(PtySize::default()).expect("a terminal");
        let said = lines(pty.master.try_clone_reader().expect("a reader"));
        let mut keys = pty.master.take_writer().expect("a writer");
        let in_lab = lab.command("lan", "sh");
        let mut command = CommandBuilder::new(in_lab.get_program());
        command.args(in_lab.get_args());
        for (name, value) in in_lab.get_envs() {
            command.env(name, value.expect("the lab clears none"));
        }
        command.args(["-c", &format!("exec \"$@\" <{stdin}"), "sh"]);
        // In a session of its own, so that it hears of what nat-helper sends, and nothing else.
        command.args([NAT_HELPER, "map", "8080", "--", "setsid"]);
        command.args(["sh", "-c", COMMAND]);
        let mut child = pty.slave.spawn_command(command).expect("it starts");
        drop(pty.slave);

        let mut up = None;
        while up.is_none() {
            let line = next(&said, SOON).expect("it runs");
            let id = line.strip_prefix("up ").map(str::trim);
            up = id.and_then(|id| Pid::from_raw(id.parse().ok()?));
        }
        keys.write_all(CTRL_C).expect("it is typed");
        // The signal has been passed on by then, or never is.
        wait_until("the port is closed", SOON, || !forwards(&lab, 8080));
        kill_process(up.expect("just seen"), Signal::TERM).expect("it runs");
        assert_eq!(child.wait().expect("a child").exit_code(), 9);
        let heard = said.iter().any(|line| line.contains("heard"));
        assert!(!heard, "with stdin from {stdin}");
    }
}
