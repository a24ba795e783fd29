//! A transport as a process: what it logged, what it takes, and its violent end.

use serde_json::Value;

use super::{DEADLINE, Transport};

impl Transport {
    /// Everything written to stderr so far and until it ends.
    pub(crate) fn logged(mut self) -> Vec<String> {
        self.close_stdin();
        let mut lines = Vec::new();
        while let Ok(line) = self.stderr.recv_timeout(DEADLINE) {
            lines.push(line);
        }
        self.expect_exit();
        lines
    }

    /// Ends it as a crash would, and reads its stdout to the end: the events.
    pub(crate) fn kill(mut self) -> Vec<Value> {
        self.child.kill().expect("our child");
        self.child.wait().expect("our child");
        let mut events: Vec<Value> = self.unread.drain(..).collect();
        let stdout = self.stdout.take().expect("still read");
        while let Ok(line) = stdout.recv_timeout(DEADLINE) {
            events.push(serde_json::from_str(&line).expect("whole lines"));
        }
        events
    }

    /// Its resident memory, in KiB.
    pub(crate) fn rss(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kib.expect("a size").parse().expect("a number")
    }
}
