//! What the loop wants on the screen, and the thread that draws it: a desk with one pile of text
//! and one wish, so that order is kept and nothing waits without a bound.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::action::Prompt;
use crate::typed::not_sent;

/// Text that may wait to be drawn. Beyond it the supervisor is read no further: a screen that
/// is stopped shall not fill the memory.
const PILE: usize = 1 << 20;

/// Home, clear the screen, clear the scrollback.
const WIPE: &str = "\x1b[H\x1b[2J\x1b[3J";

/// The next line to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) prompt: Prompt,
    /// Already on the line.
    pub(crate) initial: String,
}

/// Shared between the loop and the drawing thread.
#[derive(Default)]
pub(crate) struct Desk {
    state: Mutex<State>,
    changed: Condvar,
    /// There is room again.
    pub(crate) taken: Notify,
}

struct State {
    pile: String,
    wish: Option<Option<Ask>>,
    forget: bool,
    stop: bool,
    /// The line editor waits for keys.
    editing: bool,
    /// The prompt may stand in the first row: nothing was shown since the start or the last wipe.
    at_top: bool,
    /// It does: the screen was wiped and nothing drawn since.
    wiped: bool,
    /// Nobody sees what is drawn.
    broken: bool,
}

/// How the line editor is made to look at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nudge {
    /// It looks by itself.
    None,
    /// It draws text above the line and goes on.
    Ring,
    /// It gives the line back first.
    Interrupt,
}

/// What the drawing thread takes from the desk.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Turn {
    /// To be written first.
    pub(crate) text: String,
    /// `Some(None)`: ask for nothing.
    pub(crate) wish: Option<Option<Ask>>,
    /// Forget the input history.
    pub(crate) forget: bool,
    /// It is the last.
    pub(crate) stop: bool,
}

impl Desk {
    /// Adds text to the pile, and says what to ask for from now on.
    pub(crate) fn put(&self, text: &str, wish: Option<Option<Ask>>) -> Nudge {
        let mut state = self.lock();
        if !state.broken {
            state.pile.push_str(text);
        }
        if let Some(wish) = wish {
            state.wish_for(wish);
        }
        // The editor moves down a row before it lets others draw. In the first row it could not
        // move up before that, and would leave a gap.
        let at_top = !text.is_empty() && std::mem::take(&mut state.at_top);
        self.tell(state, at_top)
    }

    /// Replaces the pile by a clean screen.
    pub(crate) fn wipe(&self) -> Nudge {
        let mut state = self.lock();
        state.pile = WIPE.to_owned();
        state.at_top = true;
        state.forget = true;
        self.tell(state, false)
    }

    /// Nothing more will come.
    pub(crate) fn stop(&self) -> Nudge {
        let mut state = self.lock();
        state.stop = true;
        self.tell(state, false)
    }

    /// Whether more text may be added.
    pub(crate) fn has_room(&self) -> bool {
        self.lock().pile.len() < PILE
    }

    /// Nobody sees what is drawn: the reader of the output left.
    pub(crate) fn break_off(&self) {
        self.lock().broken = true;
        self.taken.notify_one();
    }

    /// Whether nobody sees what is drawn.
    pub(crate) fn is_broken(&self) -> bool {
        self.lock().broken
    }

    /// Takes what there is; waits for something unless `busy`.
    pub(crate) fn turn(&self, busy: bool) -> Turn {
        let mut state = self.lock();
        while !busy && !state.is_due() {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        self.taking(&state);
        Turn {
            text: state.take_pile(),
            wish: state.wish.take(),
            forget: std::mem::take(&mut state.forget),
            stop: state.stop,
        }
    }

    /// While the editor draws: what to draw above the line, and whether it has to give the line
    /// back before anything else.
    pub(crate) fn while_editing(&self) -> (String, bool) {
        let mut state = self.lock();
        state.editing = true;
        // A ring that came late moved it down; in the first row this does nothing.
        let mut above = if state.wiped { "\x1b[A" } else { "" }.to_owned();
        let interrupts = state.interrupts();
        if !interrupts {
            self.taking(&state);
            above.push_str(&state.take_pile());
        }
        (above, interrupts)
    }

    /// The editor gave the line back.
    pub(crate) fn edited(&self) {
        self.lock().editing = false;
    }

    /// Takes what was never drawn.
    pub(crate) fn rest(&self) -> String {
        self.lock().take_pile()
    }

    /// The pile is about to be taken: whoever waits for room is told.
    fn taking(&self, state: &State) {
        if state.pile.len() >= PILE {
            self.taken.notify_one();
        }
    }

    /// Wakes the drawing thread, which then finds the desk free.
    fn tell(&self, state: MutexGuard<'_, State>, at_top: bool) -> Nudge {
        let nudge = state.nudge(at_top);
        drop(state);
        self.changed.notify_all();
        nudge
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change above is complete in itself, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            pile: String::new(),
            wish: None,
            forget: false,
            stop: false,
            editing: false,
            at_top: true,
            wiped: false,
            broken: false,
        }
    }
}

impl State {
    /// Texts that were to come back to the line, and whose line was not drawn yet, are not lost.
    fn wish_for(&mut self, mut wish: Option<Ask>) {
        let before = self.wish.take().flatten().map(|ask| ask.initial);
        if let Some(mut before) = before.filter(|initial| !initial.is_empty()) {
            match &mut wish {
                Some(ask) if !ask.prompt.question => {
                    if !ask.initial.is_empty() {
                        restore(&mut before, &ask.initial);
                    }
                    ask.initial = before;
                }
                _ => self.pile.push_str(&format!("{}\n", not_sent(&before))),
            }
        }
        self.wish = Some(wish);
    }

    fn take_pile(&mut self) -> String {
        let pile = std::mem::take(&mut self.pile);
        if !pile.is_empty() {
            self.wiped = pile == WIPE;
        }
        pile
    }

    fn is_due(&self) -> bool {
        !self.pile.is_empty() || self.interrupts()
    }

    fn interrupts(&self) -> bool {
        self.wish.is_some() || self.forget || self.stop
    }

    fn nudge(&self, at_top: bool) -> Nudge {
        match self.editing {
            true if self.interrupts() || at_top => Nudge::Interrupt,
            true if !self.pile.is_empty() => Nudge::Ring,
            _ => Nudge::None,
        }
    }
}

/// Texts that come back to the line stand there in their order, a row for each.
pub(crate) fn restore(line: &mut String, text: &str) {
    if !line.is_empty() {
        line.push('\n');
    }
    line.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_that_waits_for_keys_is_nudged_as_little_as_will_do() {
        let desk = Desk::default();
        assert_eq!(desk.put("one\n", Some(None)), Nudge::None, "nobody edits");
        let turn = desk.turn(false);
        assert_eq!((turn.text.as_str(), turn.wish), ("one\n", Some(None)));
        assert_eq!(desk.while_editing(), (String::new(), false));
        assert_eq!(desk.put("", None), Nudge::None);
        assert_eq!(desk.put("two\n", None), Nudge::Ring);
        assert_eq!(desk.while_editing(), ("two\n".to_owned(), false));
        assert_eq!(desk.put("three\n", Some(None)), Nudge::Interrupt);
        assert_eq!(
            desk.while_editing(),
            (String::new(), true),
            "the line first"
        );
        desk.edited();
        assert_eq!(desk.turn(true).text, "three\n");
        assert_eq!(desk.stop(), Nudge::None);
    }

    #[test]
    fn in_the_first_row_the_line_is_given_back_first() {
        let desk = Desk::default();
        desk.while_editing();
        assert_eq!(desk.put("one\n", None), Nudge::Interrupt);
        assert_eq!(desk.put("two\n", None), Nudge::Ring);
        assert_eq!(desk.wipe(), Nudge::Interrupt);
        assert_eq!(desk.turn(true).text, WIPE);
        assert_eq!(desk.put("three\n", None), Nudge::Interrupt);
        // Drawn by a late ring before it was interrupted.
        assert_eq!(desk.while_editing(), ("\x1b[Athree\n".to_owned(), false));
        assert_eq!(desk.while_editing(), (String::new(), false));
    }

    #[test]
    fn texts_that_come_back_one_after_the_other_are_all_on_the_line() {
        let ask = |text: &str, question, initial: &str| {
            let (text, initial) = (text.to_owned(), initial.to_owned());
            let prompt = Prompt {
                text,
                question,
                ..Prompt::default()
            };
            Some(Some(Ask { prompt, initial }))
        };
        let desk = Desk::default();
        desk.put("", ask("> ", false, "one"));
        desk.put("", ask("> ", false, "two"));
        desk.put("", ask("2 waiting > ", false, ""));
        let turn = desk.turn(true);
        assert_eq!(turn.wish, ask("2 waiting > ", false, "one\ntwo"));
        for goes_on in [Some(None), ask("Select option: ", true, "")] {
            desk.put("", ask("> ", false, "three"));
            desk.put("", goes_on.clone());
            let turn = desk.turn(true);
            assert_eq!(turn.text, "[!] Not sent: \"three\"\n");
            assert_eq!(turn.wish, goes_on);
        }
    }

    #[test]
    fn a_full_pile_says_so_until_it_is_taken() {
        let desk = Desk::default();
        desk.put(&"x".repeat(PILE), None);
        assert!(!desk.has_room());
        desk.turn(false);
        assert!(desk.has_room());
    }
}
