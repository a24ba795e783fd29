//! The end of the program: every plugin is ended in its order, and what it still says is heard.

use std::time::Duration;

use p2p_chat_chat::{Ending, Input};
use p2p_chat_protocol::ui::Level;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::logs::{KEPT, LogLine};
use crate::signals::Signals;
use crate::slot::Closed;

use super::Supervisor;

/// Silence on stderr after a plugin's end; what it wrote before is in the pipe already.
const LAST_WORDS: Duration = Duration::from_millis(50);

impl Supervisor {
    /// transport first, which says goodbye to the peer; then nat-helper, which closes the port;
    /// then the ui, which was told of both.
    pub(super) async fn end(
        mut self,
        signals: &mut Signals,
        mut logs: mpsc::Receiver<LogLine>,
    ) -> Result<Ending, String> {
        tokio::select! {
            () = self.end_all(&mut logs) => {}
            // Asked a second time: at once.
            () = signals.next() => self.kill_all().await,
        }
        let Some((role, reason)) = self.broken.take() else {
            return Ok(self.ending.unwrap_or(Ending::Fine));
        };
        // The last words of a plugin that ended may still be on the way.
        while let Ok(Some(line)) = timeout(LAST_WORDS, logs.recv()).await {
            self.slot(line.role).tail.push(line.text);
        }
        self.restore_terminal();
        Err(self.report(role, &reason))
    }

    async fn end_all(&mut self, logs: &mut mpsc::Receiver<LogLine>) {
        let (_, said) = while_reading(logs, self.transport.close()).await;
        said.into_iter().for_each(|line| self.log(line));
        let (closed, said) = while_reading(logs, self.nat_helper.close()).await;
        said.into_iter().for_each(|line| self.log(line));
        let router_tidied = closed == Closed::InOrder;
        self.handle(Input::Stopped { router_tidied });
        let (closed, said) = while_reading(logs, self.ui.close()).await;
        said.into_iter().for_each(|line| self.log(line));
        if closed != Closed::InOrder {
            self.restore_terminal();
        }
    }

    async fn kill_all(&mut self) {
        for slot in [&mut self.transport, &mut self.nat_helper, &mut self.ui] {
            slot.kill().await;
        }
        self.restore_terminal();
    }
}

/// Waits for `done`, and reads stderr meanwhile: a plugin that cannot write does not end. The lines
/// that matter come with it, as many as a plugin's report may have.
async fn while_reading<T>(
    logs: &mut mpsc::Receiver<LogLine>,
    done: impl Future<Output = T>,
) -> (T, Vec<LogLine>) {
    let mut done = std::pin::pin!(done);
    let mut said = Vec::new();
    loop {
        tokio::select! {
            outcome = &mut done => {
                while let Ok(line) = logs.try_recv() {
                    keep(&mut said, line);
                }
                return (outcome, said);
            }
            Some(line) = logs.recv() => keep(&mut said, line),
        }
    }
}

fn keep(said: &mut Vec<LogLine>, line: LogLine) {
    if line.level >= Level::Warn && said.len() < KEPT {
        said.push(line);
    }
}
