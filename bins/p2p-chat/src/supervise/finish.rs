//! The end of the program: every plugin is ended in its order, and what it still says is heard.

use std::io::Write;
use std::time::{Duration, Instant};

use p2p_chat_chat::{Ending, Input};
use p2p_chat_protocol::Role;
use p2p_chat_protocol::ui::Level;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::life::GRACE;
use crate::logs::{KEPT, LogLine};
use crate::signals::Signals;
use crate::slot::{Closed, close};

use super::Supervisor;

/// Silence on stderr after a plugin's end; what it wrote before is in the pipe already.
const LAST_WORDS: Duration = Duration::from_millis(50);
/// Silence of the ui: what it wrote before is in the pipe, and read within less.
const QUIET: Duration = Duration::from_millis(2);

impl Supervisor {
    /// transport first, which says goodbye to the peer; then nat-helper, which closes the port;
    /// then the ui, which was told of both.
    pub(super) async fn end(
        mut self,
        signals: &mut Signals,
        mut logs: mpsc::Receiver<LogLine>,
    ) -> Result<Ending, String> {
        let undelivered = self.core.undelivered();
        let told = tokio::select! {
            told = self.end_all(&mut logs) => told,
            // Asked a second time: at once.
            () = signals.next() => {
                self.kill_all().await;
                false
            }
        };
        if !told {
            name(&undelivered);
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

    /// Whether there was a ui to the end, which was told everything.
    async fn end_all(&mut self, logs: &mut mpsc::Receiver<LogLine>) -> bool {
        // Nothing of it waits for company any more.
        self.ui.gather();
        self.ui.flush();
        let transport = self.transport.let_go();
        self.meanwhile(logs, close(transport, |_| {})).await;
        let nat_helper = self.nat_helper.let_go();
        let closed = self.meanwhile(logs, close(nat_helper, |_| {})).await;
        let router_tidied = closed == Closed::InOrder;
        self.handle(Input::Stopped { router_tidied });
        self.hear_out_the_ui().await;
        let ui = self.ui.let_go();
        let heard = |lines| self.lines(Role::Ui, lines);
        let (closed, said) = while_reading(logs, close(ui, heard)).await;
        said.into_iter().for_each(|line| self.log(line));
        if closed != Closed::InOrder {
            self.restore_terminal();
        }
        closed == Closed::InOrder
    }

    /// Waits for `closing`, and reads stderr meanwhile, since a plugin that cannot write does not
    /// end; what the ui asks is answered.
    async fn meanwhile<T>(
        &mut self,
        logs: &mut mpsc::Receiver<LogLine>,
        closing: impl Future<Output = T>,
    ) -> T {
        let mut closing = std::pin::pin!(closing);
        loop {
            let may_ask = !self.ui.is_congested();
            tokio::select! {
                closed = &mut closing => return closed,
                Some(line) = logs.recv() => self.log(line),
                turn = self.ui.turn(may_ask) => self.turn(Role::Ui, turn),
            }
            self.ui.flush();
        }
    }

    /// Answers what the ui has asked up to now.
    async fn hear_out_the_ui(&mut self) {
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline
            && let Ok(turn) = timeout(QUIET, self.ui.turn(!self.ui.is_congested())).await
        {
            self.turn(Role::Ui, turn);
            self.ui.flush();
        }
    }

    async fn kill_all(&mut self) {
        for slot in [&mut self.transport, &mut self.nat_helper, &mut self.ui] {
            slot.kill().await;
        }
        self.restore_terminal();
    }
}

/// Texts that were not delivered and that no ui could name: where people look when there is no ui.
fn name(undelivered: &[String]) {
    if undelivered.is_empty() {
        return;
    }
    let rows: String = undelivered
        .iter()
        .map(|beginning| format!("\n  \"{beginning}\""))
        .collect();
    // A stderr nobody reads is no reason to panic.
    let _ = writeln!(
        std::io::stderr(),
        "p2p-chat: Not delivered: {}.{rows}",
        undelivered.len()
    );
}

/// Waits for `done`, and reads stderr meanwhile. The lines that matter come with it, as many as a
/// plugin's report may have.
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
