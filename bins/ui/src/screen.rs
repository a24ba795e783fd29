//! The drawing thread of a terminal: between two questions it writes, during one the editor does.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::action::{Prompt, Typed};
use crate::command::{Meaning, understand};
use crate::desk::{Ask, Desk};
use crate::editor::{Answer, LineEditor, lines_of};
use crate::menu::is_invite;
use crate::terminal::Terminal;
use crate::typed::not_sent;

/// What is being asked.
#[derive(Debug, PartialEq, Eq)]
struct Asking {
    prompt: Prompt,
    line: String,
    cursor: usize,
}

/// Runs until the desk says stop; then `done` is told.
pub(crate) fn run(
    mut editor: LineEditor,
    terminal: &Terminal,
    desk: &Desk,
    lines: &mpsc::Sender<Vec<Typed>>,
    done: oneshot::Sender<()>,
) {
    let mut asking: Option<Asking> = None;
    loop {
        let turn = desk.turn(asking.is_some());
        let wish = turn.wish.or(turn.stop.then_some(None));
        if let Some(wish) = wish {
            let (next, lost) = change(asking, wish);
            asking = next;
            // Before the menu, or the goodbye.
            tell_lost(terminal, &lost);
        }
        terminal.write(&turn.text);
        if turn.forget {
            editor.forget();
        }
        if turn.stop {
            break;
        }
        if let Some(current) = asking.take() {
            asking = ask(&mut editor, terminal, current, lines);
        }
    }
    // The loop may have given up waiting.
    let _ = done.send(());
}

/// Asks once. What is left of the question where it was interrupted.
fn ask(
    editor: &mut LineEditor,
    terminal: &Terminal,
    asking: Asking,
    lines: &mpsc::Sender<Vec<Typed>>,
) -> Option<Asking> {
    let Asking {
        prompt,
        line,
        cursor,
    } = asking;
    let question = prompt.question;
    let shown = prompt.for_lines(lines_of(&line));
    let typed = match editor.ask(&shown, &line, cursor) {
        Answer::Interrupted(line, cursor) => {
            erase(terminal, &shown, &line);
            return Some(Asking {
                prompt,
                line,
                cursor,
            });
        }
        Answer::Leave => {
            if !question {
                erase(terminal, &shown, "");
            }
            Typed::Leave
        }
        Answer::Line(text) => {
            match question {
                true => answered(terminal, &prompt, &shown, &text),
                false => sent(editor, terminal, &prompt, &shown, &text),
            }
            Typed::Line { text, question }
        }
    };
    // The receiver is gone only when the program ends.
    let _ = lines.blocking_send(vec![typed]);
    None
}

/// A typed text leaves its row: it comes again as a message. A command stays to be seen.
fn sent(editor: &mut LineEditor, terminal: &Terminal, prompt: &Prompt, shown: &str, line: &str) {
    match understand(line) {
        Meaning::Text(_) => {
            editor.remember(line);
            erase(terminal, shown, line);
        }
        Meaning::Blank => erase(terminal, shown, line),
        Meaning::Command(_) | Meaning::Unknown(_) if prompt.header.is_empty() => {}
        Meaning::Command(_) | Meaning::Unknown(_) => {
            erase(terminal, shown, line);
            terminal.write(&format!("{}{line}\n", prompt.text));
        }
    }
}

/// An answer stays to be seen, without the code that may be in it.
fn answered(terminal: &Terminal, prompt: &Prompt, shown: &str, line: &str) {
    if prompt.secret {
        erase(terminal, shown, line);
    } else if is_invite(line)
        && let Some((addresses, _)) = line.split_once('#')
    {
        erase(terminal, shown, line);
        terminal.write(&format!("{}{addresses}\n", prompt.text));
    }
}

/// Erases the rows of a question whose last row was just ended.
fn erase(terminal: &Terminal, shown: &str, line: &str) {
    let up = LineEditor::last_row(shown, line, terminal.columns()) + 1;
    terminal.write(&format!("\x1b[{up}A\r\x1b[J"));
}

/// What to ask now, and what was typed that has no place in it. A text for the peer stays on the
/// line as long as lines are texts.
fn change(asking: Option<Asking>, wish: Option<Ask>) -> (Option<Asking>, String) {
    let (before, typed, cursor) = match asking {
        Some(Asking {
            prompt,
            line,
            cursor,
        }) => (Some(prompt), line, cursor),
        None => (None, String::new(), 0),
    };
    let was_text = before.as_ref().is_some_and(|prompt| !prompt.question);
    let Some(Ask { prompt, initial }) = wish else {
        return (None, if was_text { typed } else { String::new() });
    };
    let fits = before.as_ref() == Some(&prompt) || was_text && !prompt.question;
    let lost = if was_text && !fits {
        typed.clone()
    } else {
        String::new()
    };
    let typed = if fits { typed } else { String::new() };
    let (line, cursor) = match (initial.is_empty(), typed.is_empty()) {
        (true, _) => (typed, cursor),
        (false, true) => (initial.clone(), initial.len()),
        (false, false) => (format!("{initial}\n{typed}"), initial.len() + 1 + cursor),
    };
    let cursor = cursor.min(line.len());
    (
        Some(Asking {
            prompt,
            line,
            cursor,
        }),
        lost,
    )
}

fn tell_lost(terminal: &Terminal, line: &str) {
    if !line.trim().is_empty() {
        terminal.write(&format!("{}\n", not_sent(line)));
    }
}

/// Starts the thread.
pub(crate) fn start(
    editor: LineEditor,
    terminal: Arc<Terminal>,
    desk: Arc<Desk>,
    lines: mpsc::Sender<Vec<Typed>>,
    done: oneshot::Sender<()>,
) {
    std::thread::spawn(move || run(editor, &terminal, &desk, &lines, done));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(text: &str, question: bool) -> Prompt {
        let text = text.to_owned();
        Prompt {
            text,
            question,
            ..Prompt::default()
        }
    }

    fn typing(text: &str, question: bool, line: &str, cursor: usize) -> Option<Asking> {
        let (prompt, line) = (prompt(text, question), line.to_owned());
        Some(Asking {
            prompt,
            line,
            cursor,
        })
    }

    fn wish(text: &str, question: bool, initial: &str) -> Option<Ask> {
        let (prompt, initial) = (prompt(text, question), initial.to_owned());
        Some(Ask { prompt, initial })
    }

    #[test]
    fn a_text_stays_on_the_line_when_the_chat_begins() {
        let (now, lost) = change(
            typing("> ", false, "hel", 2),
            wish("INSECURE > ", false, ""),
        );
        assert_eq!(now, typing("INSECURE > ", false, "hel", 2));
        assert_eq!(lost, "");
    }

    #[test]
    fn a_text_for_the_peer_is_no_answer_to_the_menu() {
        let (now, lost) = change(
            typing("> ", false, "hel", 2),
            wish("Select option: ", true, ""),
        );
        assert_eq!(
            (now, lost.as_str()),
            (typing("Select option: ", true, "", 0), "hel")
        );
        let (now, lost) = change(typing("> ", false, "hel", 2), None);
        assert_eq!((now, lost.as_str()), (None, "hel"));
    }

    #[test]
    fn half_an_answer_is_dropped_with_its_question() {
        let (now, lost) = change(typing("Port: ", true, "80", 2), wish("> ", false, ""));
        assert_eq!((now, lost.as_str()), (typing("> ", false, "", 0), ""));
        assert_eq!(
            change(typing("Port: ", true, "80", 2), None),
            (None, String::new())
        );
    }

    #[test]
    fn a_refused_text_comes_back_before_what_was_typed_since() {
        let (now, _) = change(None, wish("> ", false, "refused"));
        assert_eq!(now, typing("> ", false, "refused", 7));
        let (now, _) = change(typing("> ", false, "new", 1), wish("> ", false, "refused"));
        assert_eq!(now, typing("> ", false, "refused\nnew", 9));
    }
}
