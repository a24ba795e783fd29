//! The loop: the supervisor's lines and the user's lines in, requests and text out.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p2p_chat_plugin::{Alarm, Inbox, Pipe};
use p2p_chat_protocol::Welcome;
use p2p_chat_protocol::ui::UiEvent;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::action::{Action, Manner, Now, Prompt, Typed};
use crate::desk::{Ask, restore};
use crate::face::Face;
use crate::rows::draw;
use crate::state::Ui;

/// A ui that reads nothing for 10 s is taken for stuck, unless it says something.
const SIGN_EVERY: Duration = Duration::from_secs(3);

/// Serves until the end of stdin.
pub(crate) async fn run(
    user: io::Result<[File; 2]>,
    welcome: Welcome,
    mut pipe: Pipe,
) -> io::Result<()> {
    // Taken for the whole life: the line editor is interrupted by it, and one that comes between
    // two questions must not end the program. The supervisor has one of its own.
    let _interrupts = signal(SignalKind::interrupt())?;
    let mut face = Face::open(&welcome.options, user)?;
    let outcome = Session::new(&welcome, &face)
        .serve(&mut pipe, &mut face)
        .await;
    face.finish().await;
    outcome
}

/// How long what a supervisor said that no longer listens may take to be read: it is in the pipe.
const LAST_LINES: Duration = Duration::from_secs(1);

struct Session {
    started: Instant,
    ui: Ui,
    inbox: Inbox,
    /// Lines that were read and cannot be understood yet.
    typed: VecDeque<Typed>,
    /// What the user was last asked.
    asked: Option<Prompt>,
    /// When to say that we live, while the screen takes nothing and so we read nothing.
    sign_due: Option<Instant>,
    /// Whether a prompt stands on a plain screen, which redraws it below all that comes.
    stands: bool,
}

impl Session {
    fn new(welcome: &Welcome, face: &Face) -> Self {
        Self {
            started: Instant::now(),
            ui: Ui::new(face.manner, welcome),
            inbox: Inbox::default(),
            typed: VecDeque::new(),
            asked: None,
            sign_due: None,
            stands: false,
        }
    }

    async fn serve(mut self, pipe: &mut Pipe, face: &mut Face) -> io::Result<()> {
        let (tell, mut told_to_leave) = oneshot::channel();
        tokio::spawn(await_signals(tell)?);
        let mut alarm = Alarm::new()?;
        loop {
            self.take_typed();
            self.act(pipe, face);
            let Ok(written) = pipe.writer.flush_at_once().await else {
                // Nobody hears us any more; what was told before still counts.
                let _ = timeout(LAST_LINES, self.hear_out(pipe)).await;
                self.cut_off(pipe, face);
                return Ok(());
            };
            // The reader of our output left: nobody to tell. What was typed goes out all the same.
            if face.is_broken() {
                let _ = timeout(LAST_LINES, pipe.writer.flush()).await;
                return Ok(());
            }
            let deadline = self.ui.deadline().map(Duration::from_millis);
            let deadline = deadline.map(|after| self.started + after);
            let has_room = face.has_room();
            self.sign_due = (!has_room).then(|| {
                let sign_due = self.sign_due;
                sign_due.unwrap_or_else(|| Instant::now() + SIGN_EVERY)
            });
            let due = deadline.into_iter().chain(self.sign_due).min();
            alarm.set(due);
            let wants_lines = written && self.typed.is_empty() && self.ui.wants_line();
            tokio::select! {
                // The supervisor is heard meanwhile: two that only wrote would wait for each other.
                // That it reads no more is found out above.
                _ = pipe.writer.flush(), if !written => {}
                line = pipe.reader.next(), if has_room => {
                    let taken = line.and_then(|line| {
                        line.map(|line| self.take_events(&line, pipe)).transpose()
                    });
                    if !matches!(taken, Ok(Some(()))) {
                        self.cut_off(pipe, face);
                        return taken.map(drop);
                    }
                }
                lines = face.next(wants_lines) => self.typed.extend(lines),
                () = alarm.rings() => {
                    self.ui.settle(self.now());
                    if self.sign_due.take_if(|due| *due <= Instant::now()).is_some() {
                        pipe.writer.sign_of_life();
                    }
                }
                Ok(()) = &mut told_to_leave, if !told_to_leave.is_terminated() => self.ui.leave(),
            }
        }
    }

    /// Everything up to the end of stdin.
    async fn hear_out(&mut self, pipe: &mut Pipe) {
        while let Ok(Some(line)) = pipe.reader.next().await
            && self.take_events(&line, pipe).is_ok()
        {}
    }

    /// Nobody will answer any more: names what did not get anywhere.
    fn cut_off(&mut self, pipe: &mut Pipe, face: &mut Face) {
        self.ui.cut_off(std::mem::take(&mut self.typed));
        self.act(pipe, face);
    }

    /// All that is there already, so that it is answered with one write.
    fn take_events(&mut self, first: &[u8], pipe: &mut Pipe) -> io::Result<()> {
        let now = self.now();
        self.take_event(first, now);
        while let Some(line) = pipe.reader.buffered()? {
            self.take_event(&line, now);
        }
        self.ui.settle(now);
        Ok(())
    }

    fn take_event(&mut self, line: &[u8], now: Now) {
        let incoming = self.inbox.read::<UiEvent>(line);
        self.ui.incoming(incoming, now);
    }

    fn take_typed(&mut self) {
        if self.typed.is_empty() {
            return;
        }
        let now = self.now();
        while self.ui.wants_line()
            && let Some(typed) = self.typed.pop_front()
        {
            // Answered: the same question may come again.
            self.asked = None;
            self.ui.typed(typed, now);
        }
    }

    fn now(&self) -> Now {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        Now {
            unix_ms: milliseconds(unix.unwrap_or_default()),
            elapsed_ms: milliseconds(self.started.elapsed()),
        }
    }

    fn act(&mut self, pipe: &mut Pipe, face: &mut Face) {
        let columns = face.columns();
        let mut text = String::new();
        let mut initial = String::new();
        for action in self.ui.actions() {
            match action {
                Action::Show(line) => draw(&mut text, &line, columns),
                Action::Ring => text.push('\x07'),
                Action::Request(id, request) => pipe.writer.request(id, &request),
                Action::Refuse(id, refusal) => {
                    pipe.writer.reply(Some(id), &UiEvent::Error(refusal));
                }
                Action::Restore(line) => restore(&mut initial, &line),
                Action::Copy(invite) => text.push_str(&onto_clipboard(&invite)),
                Action::Wipe => {
                    text.clear();
                    face.wipe();
                }
            }
        }
        let prompt = self.ui.prompt();
        let withdrawn = self.stands && prompt.is_none();
        let asks_anew = prompt != self.asked || !initial.is_empty() || withdrawn;
        let wish = asks_anew.then(|| {
            self.asked.clone_from(&prompt);
            self.stands = prompt.is_some() && self.ui.manner == Manner::Plain;
            prompt.map(|prompt| Ask { prompt, initial })
        });
        if !text.is_empty() || wish.is_some() {
            face.show(&text, wish);
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Waits for the first signal that asks us to leave, in a task of its own: the loop would look at
/// both of them at each text, and that takes as long as all else it waits for.
fn await_signals(mut tell: oneshot::Sender<()>) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            () = tell.closed() => {}
        }
        // Nobody hears it when the loop is at its end.
        let _ = tell.send(());
    })
}

/// OSC 52: the terminal puts it on the clipboard, on whichever computer that is.
fn onto_clipboard(text: &str) -> String {
    format!("\x1b]52;c;{}\x07", STANDARD.encode(text))
}
