//! A home router with a real UPnP daemon, in network namespaces of the test's own:
//! `scripts/nat-lab.sh`, driven from a test. Everything ends with the test.
//!
//! Included by `#[path]` where it is needed. Start reading at [`NatLab::up`].

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of it"
)]

mod skipped;
mod waiting;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

pub(crate) use skipped::skipped;
pub(crate) use waiting::{KilledOnDrop, lines, next, wait_until};

/// Starting one takes half a second, on a busy machine some more.
const READY_LIMIT: Duration = Duration::from_secs(20);

/// What `nat-lab.sh` and these tests run.
const PROGRAMS: [&str; 11] = [
    "bash",
    "ip",
    "nft",
    "ss",
    "sysctl",
    "flock",
    "unshare",
    "nsenter",
    "miniupnpd",
    "upnpc",
    "ncat",
];

/// The public address of the lab's router, and its address at home.
pub(crate) const PUBLIC_IP: &str = "128.66.0.1";
/// The router's address at home.
pub(crate) const ROUTER_IP: &str = "192.168.77.1";
/// The first computer at home, in namespace `lan`.
pub(crate) const LAN_IP: &str = "192.168.77.2";

/// A running lab.
pub(crate) struct NatLab {
    /// Holds the user namespace the lab lives in; none where this process is root.
    rootless: Option<Child>,
    state: tempfile::TempDir,
    prefix: String,
}

impl NatLab {
    /// Starts a lab with these options of `nat-lab.sh up`. Where this machine cannot, it says so
    /// and gives `None`: the test is to return then.
    pub(crate) fn up(test: &str, options: &[&str]) -> Option<Self> {
        let lab = Self::prepare(test)?;
        let output = lab.script(&[&["up"], options].concat());
        assert!(output.status.success(), "nat-lab.sh up: {output:?}");
        Some(lab)
    }

    /// The same for the test that runs in this thread, which a test's thread is named after.
    pub(crate) fn with(options: &[&str]) -> Option<Self> {
        let thread = std::thread::current();
        Self::up(thread.name().unwrap_or("a test"), options)
    }

    fn prepare(test: &str) -> Option<Self> {
        let missing: Vec<_> = PROGRAMS.into_iter().filter(|p| !is_there(p)).collect();
        if !missing.is_empty() {
            return skipped(test, &missing.join(" "));
        }
        let state = tempfile::tempdir().expect("a folder for the lab");
        match rootless() {
            Ok(child) => Some(Self {
                rootless: Some(child),
                state,
                prefix: "natlab-".to_owned(),
            }),
            Err(_) if rustix::process::geteuid().is_root() => {
                let unique = state.path().file_name().unwrap_or_default();
                Some(Self {
                    rootless: None,
                    prefix: format!("lab{}-", unique.to_string_lossy().replace('.', "")),
                    state,
                })
            }
            Err(reason) => skipped(test, &format!("root, or user namespaces ({reason})")),
        }
    }

    /// Runs `nat-lab.sh` with these arguments to its end.
    pub(crate) fn script(&self, arguments: &[&str]) -> Output {
        let mut command = self.inside(Pids::Lab, Path::new("bash"));
        command.arg(script_path()).args(arguments);
        command.stdin(Stdio::null()).output().expect("bash runs")
    }

    /// A command in one of the lab's namespaces (`lan`, `lan2`, `router`, `wan`…). The child's
    /// process id is the program's own, so signals reach it.
    pub(crate) fn command(&self, namespace: &str, program: impl AsRef<Path>) -> Command {
        let mut command = self.inside(Pids::Host, Path::new("ip"));
        command
            .args(["netns", "exec"])
            .arg(format!("{}{namespace}", self.prefix))
            .arg(program.as_ref());
        command
    }

    /// The forwarding rules the router's daemon holds now.
    pub(crate) fn rules(&self) -> String {
        let output = self.script(&["rules"]);
        assert!(output.status.success(), "nat-lab.sh rules: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs a command to its end in one of the lab's namespaces, where it must succeed.
    pub(crate) fn run(&self, namespace: &str, line: &str) -> String {
        let mut words = line.split(' ');
        let mut command = self.command(namespace, words.next().unwrap_or_default());
        command.args(words).stdin(Stdio::null());
        let output = command.output().expect("ip runs");
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs a command to its end in one of the lab's namespaces; whether it succeeds.
    pub(crate) fn tries(&self, namespace: &str, line: &str) -> bool {
        let mut words = line.split(' ');
        let mut command = self.command(namespace, words.next().unwrap_or_default());
        command.args(words).stdin(Stdio::null());
        command.output().expect("ip runs").status.success()
    }

    /// Do bytes sent from outside to the router's `external` port arrive at `port` of `lan`?
    pub(crate) fn passes(&self, external: u16, port: u16) -> bool {
        self.passes_to((PUBLIC_IP, external), (LAN_IP, port))
    }

    /// Do bytes sent from `wan` to this address arrive at that one, which is in `lan`?
    pub(crate) fn passes_to(&self, outside: (&str, u16), inside: (&str, u16)) -> bool {
        let family = |ip: &str| if ip.contains(':') { "-6" } else { "-4" };
        let (ip, port) = inside;
        let listener = self
            .command("lan", "ncat")
            .args([family(ip), "-v", "--recv-only", "-l", ip, &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ncat starts");
        let mut listener = KilledOnDrop(listener);
        let said = lines(listener.0.stderr.take().expect("piped"));
        while !next(&said, READY_LIMIT)
            .expect("ncat listens")
            .contains("Listening")
        {}
        let received = lines(listener.0.stdout.take().expect("piped"));

        let (ip, port) = outside;
        let port = port.to_string();
        let mut sender = self
            .command("wan", "ncat")
            .args([family(ip), "--send-only", "-w", "1", ip, &port])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ncat starts");
        let mut bytes = sender.stdin.take().expect("piped");
        // Where the port is closed ncat may be gone before it reads them.
        let _ = bytes.write_all(b"hello from outside\n");
        drop(bytes);
        let connected = sender.wait().expect("ncat ends by itself").success();
        connected && next(&received, READY_LIMIT).as_deref() == Some("hello from outside")
    }

    /// A command in the lab's user, mount and network namespaces; its own process ids where the
    /// script must find the daemons it started.
    fn inside(&self, pids: Pids, program: &Path) -> Command {
        let mut command = match &self.rootless {
            Some(child) => {
                let of = |kind| format!("/proc/{}/ns/{kind}", child.id());
                let mut command = Command::new("nsenter");
                // Who we are outside is root inside; asking for it again needs rights we lack.
                command.arg("--preserve-credentials");
                command.arg(format!("--user={}", of("user")));
                command.arg(format!("--mount={}", of("mnt")));
                command.arg(format!("--net={}", of("net")));
                if let Pids::Lab = pids {
                    command.arg(format!("--pid={}", of("pid_for_children")));
                }
                command.arg(program).env("NATLAB_STATE", "/run/natlab");
                command
            }
            None => {
                let mut command = Command::new(program);
                command.env("NATLAB_STATE", self.state.path());
                command
            }
        };
        command.env("NATLAB_PREFIX", &self.prefix);
        command.env("PATH", search_path());
        command
    }
}

impl Drop for NatLab {
    fn drop(&mut self) {
        match &mut self.rootless {
            // All that runs inside ends with it.
            Some(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            None => drop(self.script(&["down"])),
        }
    }
}

/// Whose process ids a command sees.
#[derive(Clone, Copy)]
enum Pids {
    Lab,
    Host,
}

/// Whether a test may make a namespace of its own; where not, says that it is skipped.
pub(crate) fn user_namespaces_work(test: &str) -> bool {
    let tried = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "true"])
        .output();
    let works = tried.is_ok_and(|output| output.status.success());
    works || skipped::<()>(test, "unshare, or user namespaces").is_some()
}

/// Makes the namespaces; they last as long as the child, and it as long as its stdin.
fn rootless() -> Result<Child, String> {
    let mut child = Command::new("bash")
        .arg(script_path())
        .args(["rootless", "sh", "-c", "echo ready && exec cat"])
        .env("PATH", search_path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let said = lines(child.stdout.take().expect("piped"));
    if next(&said, READY_LIMIT).as_deref() == Some("ready") {
        return Ok(child);
    }
    let reason = lines(child.stderr.take().expect("piped"));
    let _ = child.wait();
    Err(next(&reason, READY_LIMIT).unwrap_or_default())
}

fn script_path() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().nth(2).expect("packages are two deep");
    root.join("scripts/nat-lab.sh")
}

/// Debian keeps these programs where an ordinary user's PATH does not look.
fn search_path() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{path}:/usr/sbin:/sbin")
}

fn is_there(program: &str) -> bool {
    std::env::split_paths(&search_path()).any(|folder| folder.join(program).is_file())
}
