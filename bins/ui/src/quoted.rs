//! Quoting what somebody typed or wrote, inside a sentence of ours. Pure.

/// The most characters of a quote: a sentence around it still fits two rows.
const LONGEST: usize = 60;

/// `text` on one row: clipped, control characters as escapes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.trim().chars().enumerate() {
        if count == LONGEST {
            out.push('…');
            break;
        }
        match c {
            '\n' => out.push(' '),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// Texts named at once: about a screen. Texts are lost from one on, so the first of them tell which.
const NAMED: usize = 30;

/// `"see you" | "call me" | and all 3 you wrote after them`
pub(crate) fn named(texts: &[String]) -> String {
    let quote = |text: &String| format!("\"{}\"", quoted(text));
    let mut quotes: Vec<_> = texts.iter().take(NAMED).map(quote).collect();
    if let Some(more @ 1..) = texts.len().checked_sub(NAMED) {
        quotes.push(format!("and all {more} you wrote after them"));
    }
    quotes.join(" | ")
}

/// As much of `text` as a quote of it needs.
pub(crate) fn beginning(text: &str) -> &str {
    // One character more than is shown, of four bytes at most, tells that there were more.
    let text = text.trim();
    &text[..text.floor_char_boundary(4 * (LONGEST + 1))]
}

/// `12345` as `12 345`.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_one_short_row() {
        assert_eq!(
            quoted(" see you \n later\u{1b}[2J "),
            "see you   later\\u{1b}[2J"
        );
        assert_eq!(quoted(&"ä".repeat(61)), format!("{}…", "ä".repeat(60)));
        assert_eq!(quoted(&"ä".repeat(60)), "ä".repeat(60));
        let texts: Vec<String> = (1..=40).map(|n| format!("text {n}")).collect();
        assert_eq!(named(&texts[..2]), r#""text 1" | "text 2""#);
        assert!(named(&texts[..30]).ends_with(r#" | "text 30""#));
        let more = r#" | "text 30" | and all 10 you wrote after them"#;
        assert!(named(&texts).ends_with(more));
        let long = "😀".repeat(100);
        assert!(beginning(&long).len() < long.len());
        assert_eq!(quoted(beginning(&long)), quoted(&long));
    }

    #[test]
    fn thousands_are_set_apart() {
        for (number, shown) in [
            (0, "0"),
            (999, "999"),
            (32_768, "32 768"),
            (1_041_213, "1 041 213"),
        ] {
            assert_eq!(grouped(number), shown);
        }
    }
}
