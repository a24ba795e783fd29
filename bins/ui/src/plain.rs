//! The user behind plain descriptors: a thread reads lines, a thread writes text.
//!
//! Threads, because making an inherited descriptor non-blocking would change it for every
//! process that shares it. Two pipes are opened anew instead, in `pipes.rs`.

use std::fs::File;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{mpsc, oneshot};

use crate::action::Typed;
use crate::cutter::Cutter;
use crate::desk::{Desk, Turn};

/// One read takes at most this much: a Linux pipe holds 64 KiB.
pub(crate) const READ_SIZE: usize = 65_536;

/// Whether a prompt stands on the screen, unanswered: what comes next needs a row of its own.
type Open = Arc<AtomicBool>;

/// Starts both threads; `done` tells when all was written. `prompts`: a person is there.
pub(crate) fn start(
    [input, output]: [File; 2],
    desk: Arc<Desk>,
    lines: mpsc::Sender<Vec<Typed>>,
    done: oneshot::Sender<()>,
    prompts: bool,
) {
    let open = Open::default();
    let answered = open.clone();
    std::thread::spawn(move || read(input, &lines, &answered));
    std::thread::spawn(move || {
        write(output, &desk, prompts.then_some(open));
        // The loop may have given up waiting.
        let _ = done.send(());
    });
}

fn read(mut input: File, lines: &mpsc::Sender<Vec<Typed>>, answered: &AtomicBool) {
    let mut cutter = Cutter::default();
    let mut buffer = vec![0; READ_SIZE];
    loop {
        match input.read(&mut buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => {
                let _ = lines.blocking_send(cutter.end());
                return;
            }
            Ok(n) => {
                answered.store(false, Ordering::Relaxed);
                let cut = cutter.cut(&buffer[..n]);
                if !cut.is_empty() && lines.blocking_send(cut).is_err() {
                    return;
                }
            }
        }
    }
}

fn write(mut output: File, desk: &Desk, open: Option<Open>) {
    let mut prompt = String::new();
    loop {
        let turn = desk.turn(false);
        let out = match &open {
            Some(open) => with_prompt(&turn, &mut prompt, open),
            None => turn.text,
        };
        match output.write_all(out.as_bytes()) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                return desk.break_off();
            }
            Err(error) => cannot_write(&error),
        }
        if turn.stop {
            return;
        }
    }
}

/// EX_CONFIG of sysexits.h: starting again does not make room on a full disk.
const EXIT_CONFIG: i32 = 78;

/// A reader that left is no failure; anything else loses what the user asked to see.
pub(crate) fn cannot_write(error: &std::io::Error) -> ! {
    let _ = writeln!(
        std::io::stderr(),
        "ERROR cannot write to standard output: {error}"
    );
    std::process::exit(EXIT_CONFIG)
}

/// The text of `turn`, and the prompt again below it where one was standing there.
fn with_prompt(turn: &Turn, prompt: &mut String, open: &AtomicBool) -> String {
    let mut out = String::new();
    let was_open = open.load(Ordering::Relaxed);
    let news = !turn.text.is_empty() || turn.wish.is_some() || turn.stop;
    if was_open && news {
        out.push('\n');
    }
    out.push_str(&turn.text);
    if let Some(wish) = &turn.wish {
        *prompt = wish
            .as_ref()
            .map_or(String::new(), |ask| ask.prompt.text.clone());
    }
    let asks = !turn.stop && (turn.wish.is_some() || was_open) && !prompt.is_empty();
    if asks {
        out.push_str(prompt);
    }
    open.store(asks || (was_open && !news), Ordering::Relaxed);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Prompt;
    use crate::desk::Ask;

    fn says(text: &str) -> Turn {
        Turn {
            text: text.to_owned(),
            ..Turn::default()
        }
    }

    #[test]
    fn what_arrives_gets_its_own_row_and_the_prompt_comes_again() {
        let (mut prompt, open) = (String::new(), AtomicBool::new(false));
        let question = Prompt {
            text: "> ".to_owned(),
            ..Prompt::default()
        };
        let ask = Ask {
            prompt: question,
            initial: String::new(),
        };
        let asks = Turn {
            wish: Some(Some(ask)),
            ..Turn::default()
        };
        let mut screen = with_prompt(&says("[*] one\n"), &mut prompt, &open);
        screen += &with_prompt(&asks, &mut prompt, &open);
        screen += &with_prompt(&says("[1.2.3.4] hi\n"), &mut prompt, &open);
        // The user's Enter ends the row.
        open.store(false, Ordering::Relaxed);
        screen += "typed\n";
        screen += &with_prompt(&says("[*] two\n"), &mut prompt, &open);
        screen += &with_prompt(&asks, &mut prompt, &open);
        let stop = Turn {
            stop: true,
            ..says("[*] end\n")
        };
        screen += &with_prompt(&stop, &mut prompt, &open);
        let expected = "[*] one\n> \n[1.2.3.4] hi\n> typed\n[*] two\n> \n[*] end\n";
        assert_eq!(screen, expected);
    }
}
