//! A plugin that is asked some questions, one after another.

use std::process::Stdio;
use std::time::Duration;

use p2p_chat_plugin::Pipe;
use p2p_chat_protocol::{Messages, Options, Role, Start, VERSION, Welcome, read};
use tokio::process::Child;
use tokio::time::timeout;

use crate::greeting;
use crate::locate::Program;
use crate::spawn;

/// nat-helper looks for a router for 4 s, by IPv4 and by IPv6, and a router may be slow.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// A plugin has 5 s for its goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// A plugin that was greeted.
pub(super) struct Plugin {
    role: Role,
    child: Child,
    pipe: Pipe,
    last_id: u64,
}

impl Plugin {
    /// Starts it. What it says on stderr is of no use here.
    pub(super) async fn start(role: Role, program: &Program) -> Result<Self, String> {
        let Program::File(file) = program else {
            return Err(format!("the {role} is no program to be started"));
        };
        let mut command = spawn::command(role, file.as_os_str());
        command.stderr(Stdio::null());
        let mut child = spawn::start(&mut command)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{} was started without pipes", file.display()));
        };
        let mut pipe = Pipe::new(Box::new(stdout), Box::new(stdin));
        let welcome = Welcome {
            protocol: VERSION,
            supervisor: env!("CARGO_PKG_VERSION").to_owned(),
            start: Start::Menu,
            options: Options::default(),
        };
        let greeted = greeting::greet(&mut pipe, role, welcome).await;
        greeted.map_err(|reason| format!("{role} does not work: {reason}."))?;
        Ok(Self {
            role,
            child,
            pipe,
            last_id: 0,
        })
    }

    /// Asks, and waits for the answer to this question.
    pub(super) async fn ask<Q: Messages, A: Messages>(
        &mut self,
        question: &Q,
    ) -> Result<A, String> {
        self.last_id += 1;
        let answer = timeout(ANSWER_LIMIT, self.exchange(question)).await;
        let role = self.role;
        answer
            .unwrap_or_else(|_| Err("no answer in time".to_owned()))
            .map_err(|reason| format!("{role} does not work: {reason}."))
    }

    async fn exchange<Q: Messages, A: Messages>(&mut self, question: &Q) -> Result<A, String> {
        self.pipe.writer.request(self.last_id, question);
        let sent = self.pipe.writer.flush().await;
        sent.map_err(|error| error.to_string())?;
        self.next(Some(self.last_id)).await
    }

    /// Waits for the next that answers no question. Cancel-safe.
    pub(super) async fn news<A: Messages>(&mut self) -> Result<A, String> {
        let role = self.role;
        let news = self.next(None).await;
        news.map_err(|reason| format!("{role} does not work: {reason}."))
    }

    async fn next<A: Messages>(&mut self, reply_to: Option<u64>) -> Result<A, String> {
        loop {
            let line = self.pipe.reader.next().await;
            let line = line.map_err(|error| error.to_string())?;
            let line = line.ok_or("it ended")?;
            match read::<A>(&line) {
                Ok(received) if received.reply_to == reply_to => return Ok(received.message),
                // What is not waited for, and what a newer plugin may say.
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// Ends it in good order, which is when it tidies up.
    pub(super) async fn end(self) {
        let Self {
            mut child, pipe, ..
        } = self;
        drop(pipe);
        // Killed when dropped.
        let _ = timeout(GOODBYE, child.wait()).await;
    }
}
