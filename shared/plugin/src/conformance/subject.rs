//! The program under check, over all its runs; at most one run at a time.

use std::process::ExitStatus;
use std::time::Duration;

use p2p_chat_protocol::Role;
use serde_json::Value;
use tokio::time::timeout;

use super::grease::Grease;
use super::run::{Run, Started};
use super::speech::Speech;
use crate::HELLO_TIMEOUT;
use crate::free_lines::Line;

/// Nothing that is asked here needs a network, let alone a router.
const REPLY_LIMIT: Duration = Duration::from_secs(5);
/// Messages kept of one run; no check looks at more.
const KEPT: usize = 10_000;
/// Ids of requests that only show whether the program still answers. The checks' own are smaller.
pub(super) const PULSE_IDS: std::ops::Range<u64> = 100_000..200_000;
/// What a ui has to read to prove that it lives: more than a pipe (64 KiB) and a reader's buffer
/// hold, so that it must have dealt with all that came before.
const PROOF: (usize, usize) = (64, 4096);

/// How the supervisor's side writes.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// Before the first line.
    pub(super) opening: &'static str,
    /// After each line.
    pub(super) line_end: &'static str,
}

/// As our supervisor does.
pub(super) const PLAIN: Style = Style {
    opening: "",
    line_end: "\n",
};

pub(super) type Start = Box<dyn FnMut() -> Result<Started, String>>;

pub(super) struct Subject {
    pub(super) role: Role,
    pub(super) grease: Grease,
    pub(super) ears: Ears,
    /// The very first line it said; looked at by more than one check.
    pub(super) first_line: Option<Line>,
    start: Start,
    run: Option<Run>,
    style: Style,
    next_pulse: u64,
}

/// Where its words go.
pub(super) struct Ears {
    pub(super) speech: Speech,
    /// Messages of this run, after hello.
    pub(super) heard: Vec<Value>,
    /// Replies to a ui's requests that are still to be written.
    owed: Vec<String>,
}

impl Ears {
    fn take(&mut self, line: Line) {
        let Some(message) = self.speech.judge(line) else {
            return;
        };
        // Only a ui asks. Whatever it asks for, "not now" is a proper reply.
        if let Some(id) = message["id"].as_u64() {
            self.owed.push(match message["type"].as_str() {
                Some("quit") => format!(r#"{{"type":"ok","reply_to":{id}}}"#),
                _ => format!(
                    r#"{{"type":"error","reply_to":{id},"code":"unavailable","message":"This is only a check."}}"#
                ),
            });
        }
        if self.heard.len() < KEPT {
            self.heard.push(message);
        }
    }
}

impl Subject {
    pub(super) fn new(role: Role, seed: u64, start: Start) -> Self {
        Self {
            role,
            grease: Grease::new(seed),
            ears: Ears {
                speech: Speech::new(role),
                heard: Vec::new(),
                owed: Vec::new(),
            },
            first_line: None,
            start,
            run: None,
            style: PLAIN,
            next_pulse: PULSE_IDS.start,
        }
    }

    /// Starts it, without a word from either side.
    pub(super) async fn launch(&mut self) -> Result<(), String> {
        self.stop().await;
        self.ears.heard.clear();
        self.ears.owed.clear();
        self.run = Some(Run::new((self.start)()?)?);
        Ok(())
    }

    /// Kills it where it still runs.
    pub(super) async fn stop(&mut self) {
        if let Some(run) = self.run.take() {
            run.kill().await;
        }
    }

    /// Its first line; `Ok(None)` when it says nothing in time.
    pub(super) async fn hello(&mut self) -> Result<Option<Line>, String> {
        let run = self.run.as_mut().ok_or("it was not started")?;
        match timeout(HELLO_TIMEOUT, run.line()).await {
            Err(_) => Ok(None),
            Ok(Some(line)) => Ok(Some(line)),
            Ok(None) => Err(format!("{} before it said hello", run.describe_end().await)),
        }
    }

    /// Starts it and exchanges greetings.
    pub(super) async fn start(&mut self) -> Result<(), String> {
        self.start_as(PLAIN).await
    }

    pub(super) async fn start_as(&mut self, style: Style) -> Result<(), String> {
        self.launch().await?;
        self.style = style;
        if self.hello().await?.is_none() {
            return Err("it was started again and did not say hello".to_owned());
        }
        let options =
            r#"{"plain":false,"bell":false,"verbose":false,"color":false,"terminal":false}"#;
        let options = self.grease.fields_into(options);
        let welcome = format!(
            r#"{{"type":"welcome","protocol":1,"supervisor":"check","start":"connect","options":{options}}}"#
        );
        let welcome = self.grease.fields_into(&welcome);
        self.write(&format!("{}{welcome}{}", style.opening, style.line_end))
            .await
    }

    /// Writes lines, with whatever is mixed in.
    pub(super) async fn tell(&mut self, lines: &[&str]) -> Result<(), String> {
        let end = self.style.line_end;
        let mixed = self.grease.mix_into(lines);
        let text: String = mixed.iter().flat_map(|line| [line, end]).collect();
        self.write(&text).await?;
        self.pay().await
    }

    /// Writes the replies a ui waits for.
    async fn pay(&mut self) -> Result<(), String> {
        let owed = std::mem::take(&mut self.ears.owed);
        let end = self.style.line_end;
        let text: String = owed.iter().flat_map(|line| [line, end]).collect();
        self.write(&text).await
    }

    /// Writes these very bytes.
    pub(super) async fn write(&mut self, text: impl AsRef<[u8]>) -> Result<(), String> {
        let Self { run, ears, .. } = self;
        let run = run.as_mut().ok_or("it was not started")?;
        run.write(text.as_ref(), |line| ears.take(line)).await
    }

    /// Types as the user of a ui.
    pub(super) fn type_and_leave(&mut self, text: &str) {
        if let Some(run) = &mut self.run {
            // A ui need not read what its user types; one that closed the descriptor does not.
            let _ = super::run::type_line(&mut run.user, text);
            run.user = None;
        }
    }

    /// Waits for a message that is `wanted`, among those not heard before.
    pub(super) async fn wait_for(
        &mut self,
        limit: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Option<Value>, String> {
        let Self { run, ears, .. } = self;
        let run = run.as_mut().ok_or("it was not started")?;
        let search = async {
            let mut seen = 0;
            loop {
                if let Some(found) = ears.heard[seen..].iter().find(|m| wanted(m)) {
                    return Ok(Some(found.clone()));
                }
                seen = ears.heard.len();
                match run.line().await {
                    Some(line) => ears.take(line),
                    None => return Err(run.describe_end().await),
                }
            }
        };
        timeout(limit, search).await.unwrap_or(Ok(None))
    }

    /// Asks, and waits for the reply.
    pub(super) async fn ask(&mut self, id: u64, request: &str) -> Result<Value, String> {
        self.tell(&[request]).await?;
        let reply = self.wait_for(REPLY_LIMIT, |m| m["reply_to"].as_u64() == Some(id));
        let late = || {
            format!(
                "it did not answer {request} within {} s",
                REPLY_LIMIT.as_secs()
            )
        };
        reply.await?.ok_or_else(late)
    }

    /// Something that every program of its role takes without a change: a request and its reply;
    /// for a ui, a notice.
    pub(super) async fn pulse(&mut self) -> Result<(), String> {
        let id = self.next_pulse;
        self.next_pulse += 1;
        match self.role {
            Role::Ui => {
                self.tell(&[r#"{"type":"notice","level":"debug","text":"x"}"#])
                    .await
            }
            Role::Transport => self
                .ask(id, &format!(r#"{{"type":"disconnect","id":{id}}}"#))
                .await
                .map(drop),
            Role::NatHelper => {
                let request = format!(r#"{{"type":"unmap_port","id":{id},"port":8080}}"#);
                self.ask(id, &request).await.map(drop)
            }
        }
    }

    /// Makes sure that it has dealt with all that was written, and lives.
    pub(super) async fn prove_alive(&mut self) -> Result<(), String> {
        if self.role != Role::Ui {
            return self.pulse().await;
        }
        let (lines, length) = PROOF;
        let text = "x".repeat(length);
        let line = format!(r#"{{"type":"notice","level":"debug","text":"{text}"}}"#);
        self.tell(&vec![line.as_str(); lines]).await?;
        let ended = self.run.as_mut().is_none_or(Run::has_ended);
        if ended {
            return Err(self.describe_end().await);
        }
        Ok(())
    }

    /// Ends its stdin, waits for its end, and hears the rest of what it says.
    pub(super) async fn end(&mut self) -> Result<ExitStatus, String> {
        let Self { run, ears, .. } = self;
        let run = run.as_mut().ok_or("it was not started")?;
        let ended = run.end(|line| ears.take(line)).await;
        if ended.is_ok() {
            // Whether its stdout ends as well is a check of its own.
            run.drain(|line| ears.take(line)).await;
        }
        ended
    }

    /// After its end: whether its stdout has ended as well.
    pub(super) async fn stdout_has_ended(&mut self) -> bool {
        let Self { run, ears, .. } = self;
        match run {
            Some(run) => run.drain(|line| ears.take(line)).await,
            None => true,
        }
    }

    /// A sentence on a run that is over.
    pub(super) async fn describe_end(&mut self) -> String {
        match &mut self.run {
            Some(run) => run.describe_end().await,
            None => "it was not started".to_owned(),
        }
    }
}
