//! Codes that were typed here: each is good for one proof, whatever became of the process that
//! sent it. Transport knows that too, as long as it lives.

use p2p_chat_protocol::ui::PasscodeRead;

/// Fewer letters are no beginning of a code word.
const SHORTEST: usize = 3;

/// The last codes. Secret.
#[derive(Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Codes {
    /// Transport was given it, and may have sent a proof of it.
    tried: Option<PasscodeRead>,
    /// No longer to be used; the last such one.
    spent: Option<PasscodeRead>,
}

impl Codes {
    /// Transport understood a code, and begins to use it.
    pub(super) fn trying(&mut self, code: PasscodeRead) {
        self.tried = Some(code);
    }

    /// Whether transport was given one and has not said what came of it.
    pub(super) fn are_tried(&self) -> bool {
        self.tried.is_some()
    }

    /// Nothing that depends on it was sent.
    pub(super) fn unseen(&mut self) {
        self.tried = None;
    }

    /// A proof of it was sent, or nobody knows any more.
    pub(super) fn perhaps_seen(&mut self) {
        if let Some(code) = self.tried.take() {
            self.spent = Some(code);
        }
    }

    /// Whether this is a code that must not be used again, however it is typed this time.
    pub(super) fn is_spent(&self, typed: &str) -> bool {
        self.spent
            .as_ref()
            .is_some_and(|spent| is_same(spent, typed))
    }
}

/// Each entry may be the word, its beginning, or its number.
fn is_same(code: &PasscodeRead, typed: &str) -> bool {
    let typed: Vec<_> = entries(typed).map(str::to_lowercase).collect();
    let words = entries(&code.passcode.0);
    let mut known = words.zip(entries(&code.numbers.0)).zip(&typed);
    let is_this = |((word, number), typed): ((&str, &str), &String)| {
        let begins = typed.len() >= SHORTEST && word.starts_with(typed.as_str());
        begins || typed.parse::<u32>().is_ok_and(|n| number.parse() == Ok(n))
    };
    typed.len() == entries(&code.passcode.0).count() && known.all(is_this)
}

fn entries(code: &str) -> impl Iterator<Item = &str> {
    let separated = code.split(|c: char| !c.is_alphanumeric());
    separated.filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> PasscodeRead {
        PasscodeRead {
            passcode: "carrot-lemon-koala".into(),
            numbers: "181 683 665".into(),
        }
    }

    #[test]
    fn a_spent_code_is_known_however_it_is_typed() {
        let mut codes = Codes::default();
        codes.trying(code());
        assert!(!codes.is_spent("carrot-lemon-koala"), "it is being tried");
        codes.perhaps_seen();
        for typed in [
            "carrot-lemon-koala",
            " CAR lem.koa ",
            "181,683 0665",
            "car 683 koala",
        ] {
            assert!(codes.is_spent(typed), "{typed}");
        }
        for typed in [
            "",
            "carrot lemon",
            "lemon carrot koala",
            "car lem koa zoo",
            "1 2 3",
            "c l k",
        ] {
            assert!(!codes.is_spent(typed), "{typed}");
        }
    }

    #[test]
    fn a_code_nobody_saw_is_as_good_as_before() {
        let mut codes = Codes::default();
        codes.trying(code());
        codes.unseen();
        codes.perhaps_seen();
        assert!(!codes.is_spent("car lem koa"));
    }
}
