//! Text from a peer, made safe to print: it can neither move a cursor nor hide or reorder letters.
//!
//! The threats are terminal escapes (ECMA-48), "Trojan Source" reordering (Unicode TR 36 and
//! UAX 9), letters nobody sees, and stacks of combining marks that cover other rows.

use std::fmt::Write;

use unicode_properties::{
    GeneralCategory, GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory,
};

/// No script stacks more marks on one base; more would paint over the rows above.
const MAX_MARKS: usize = 8;

/// Carries a mark that has no base of its own, so that it cannot change what stands before the text.
const DOTTED_CIRCLE: char = '\u{25cc}';

const ZWNJ: char = '\u{200c}';
const ZWJ: char = '\u{200d}';

/// `text` with everything visible that would otherwise act unseen. `\n` stays: who prints it marks
/// every row. A tab becomes four blanks.
pub fn safe_text(text: &str) -> String {
    // Most texts: nothing below applies to them, and the tables of Unicode are slow. All bytes are
    // looked at, whatever the first ones are: many at once that way.
    let is_plain = |b: u8| matches!(b, b' '..=b'~' | b'\n');
    if text.bytes().fold(true, |all, b| all & is_plain(b)) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    let mut before: Option<char> = None;
    let mut marks = 0;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if is_mark(c) && !is_emoji_selector(c) {
            marks += 1;
            if marks > MAX_MARKS {
                continue;
            }
            if before.is_none() {
                safe.push(DOTTED_CIRCLE);
            }
        } else {
            marks = 0;
        }
        match c {
            '\n' => safe.push('\n'),
            '\r' if rest.peek() == Some(&'\n') => continue,
            '\t' => safe.push_str("    "),
            // Direction marks of single letters: harmless, and never missed.
            '\u{200e}' | '\u{200f}' | '\u{61c}' => continue,
            _ if is_visible(c) || belongs(before, c, rest.peek().copied()) => safe.push(c),
            _ => escape(&mut safe, c),
        }
        before = (c != '\n').then_some(c);
    }
    safe
}

fn is_mark(c: char) -> bool {
    matches!(
        c.general_category(),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    )
}

fn is_emoji_selector(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
}

fn is_visible(c: char) -> bool {
    let hidden_letter = matches!(
        c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
    );
    !hidden_letter
        && !matches!(
            c.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::Unassigned
        )
}

/// Whether an invisible character does honest work where it stands.
fn belongs(before: Option<char>, c: char, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    if is_emoji_selector(c) {
        return before.is_emoji_char();
    }
    let Some(after) = after else { return false };
    let in_emoji = c == ZWJ
        && (before.is_emoji_char() || is_emoji_selector(before) || is_mark(before))
        && after.is_emoji_char();
    let in_word = matches!(c, ZWJ | ZWNJ) && joins(before) && joins(after);
    in_emoji || in_word
}

/// A letter or mark of a script whose letters change shape with their neighbours: Arabic to
/// Myanmar, Khmer and Mongolian.
fn joins(c: char) -> bool {
    let script =
        matches!(c, '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{a840}'..='\u{abff}');
    script
        && matches!(
            c.general_category_group(),
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark
        )
}

fn escape(out: &mut String, c: char) {
    let code = u32::from(c);
    let written = if code < 0x100 {
        write!(out, "\\x{code:02x}")
    } else {
        write!(out, "\\u{{{code:x}}}")
    };
    written.expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_unseen_is_shown() {
        for (text, shown) in [
            ("\u{1b}[2J\u{7}\u{7f}", "\\x1b[2J\\x07\\x7f"),
            ("\u{9b}31m", "\\x9b31m"),
            ("a\rb\r\nc", "a\\x0db\nc"),
            ("\u{202e}gpj.exe\u{2066}", "\\u{202e}gpj.exe\\u{2066}"),
            (
                "pay\u{200b}pal\u{ad}\u{feff}",
                "pay\\u{200b}pal\\xad\\u{feff}",
            ),
            ("a\u{200d}b\u{2028}", "a\\u{200d}b\\u{2028}"),
            ("x\u{e0041}\u{3164}", "x\\u{e0041}\\u{3164}"),
            ("A\u{fe0f}", "A\\u{fe0f}"),
            ("one\ttwo\u{200e}", "one    two"),
        ] {
            assert_eq!(safe_text(text), shown, "{text:?}");
        }
    }

    #[test]
    fn honest_text_of_every_script_passes() {
        for text in [
            "plain, \u{e4}\u{f6}\u{fc}, \u{4f60}\u{597d}, \u{65e5}\u{672c}\u{8a9e}",
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}",
            "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308} \u{2764}\u{fe0f} 1\u{fe0f}\u{20e3}",
            "\u{1f44d}\u{1f3fd}\u{200d} x"
                .split('\u{200d}')
                .next()
                .expect("a start"),
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{915}\u{94d}\u{200d}\u{937}",
            "e\u{301} two\nrows",
        ] {
            assert_eq!(safe_text(text), text);
        }
    }

    #[test]
    fn marks_do_not_pile_up_and_never_change_what_stands_before() {
        let pile = format!("e{}!", "\u{301}".repeat(500));
        assert_eq!(safe_text(&pile), format!("e{}!", "\u{301}".repeat(8)));
        assert_eq!(
            safe_text("\u{338}] x\n\u{338}"),
            "\u{25cc}\u{338}] x\n\u{25cc}\u{338}"
        );
    }
}
