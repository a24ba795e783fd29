//! Words of the program under check, for people.

/// As much of a program's words as fits a row, with nothing in it that a terminal would obey.
pub(super) fn quote(bytes: &[u8]) -> String {
    /// Enough to recognise a line by.
    const SHOWN: usize = 120;
    let text = String::from_utf8_lossy(bytes);
    let mut shown: String = text.trim_end().chars().take(SHOWN).collect();
    if shown.len() < text.trim_end().len() {
        shown.push('…');
    }
    // `escape_debug` leaves reordering marks as they are; ASCII has none.
    let printable = |c: char| match c {
        '"' | '\'' | '\\' => c.to_string(),
        c if c.is_ascii() || c.is_alphanumeric() || c == '…' => c.escape_debug().to_string(),
        c => c.escape_unicode().to_string(),
    };
    shown.chars().map(printable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_cannot_steer_a_terminal() {
        let quoted = quote("{\"é\":\"\u{1b}[2J\u{202e}\"}\r\n".as_bytes());
        assert_eq!(quoted, "{\"é\":\"\\u{1b}[2J\\u{202e}\"}");
        assert_eq!(quote(&[b'x'; 500]).chars().count(), 121);
    }
}
