//! What a later version may say, made up at random: fields and types nobody knows. A tolerance
//! that is never used rusts; this uses it. Seeded, so that a run can be repeated.

/// How often something is mixed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dose {
    /// Never: it was not tolerated.
    Never,
    /// About every other time.
    Sometimes,
    /// Each time, to find out.
    Always,
}

/// A source of what nobody knows.
pub(super) struct Grease {
    state: u64,
    /// Unknown fields in known messages.
    pub(super) fields: Dose,
    /// Messages of unknown types before known ones.
    pub(super) types: Dose,
}

/// First halves of names. No message has such a field, and none is so called.
const NAMES: [&str; 4] = ["x_colour", "größe", "zzz", "seen_by"];

/// Values of every kind the protocol has (no nulls, no floats), some of them misleading.
const VALUES: [&str; 6] = [
    "7",
    "true",
    r#""\u00e9 \ud83d\ude00 }""#,
    r#"[1,["two",{}]]"#,
    r#"{"type":"quit","id":1,"reply_to":2}"#,
    r#""""#,
];

impl Grease {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            state: seed,
            fields: Dose::Never,
            types: Dose::Never,
        }
    }

    /// `lines`, each one JSON object without its line end, with what the doses say in and between.
    pub(super) fn mix_into(&mut self, lines: &[&str]) -> Vec<String> {
        let mut mixed = Vec::new();
        for line in lines {
            if self.falls(self.types) {
                mixed.push(self.message());
            }
            mixed.push(self.fields_into(line));
        }
        mixed
    }

    /// `line` with, or without, a field more at its beginning or end.
    pub(super) fn fields_into(&mut self, line: &str) -> String {
        let inside = line.strip_prefix('{').and_then(|l| l.strip_suffix('}'));
        match inside {
            Some(inside) if self.falls(self.fields) => {
                let field = self.field();
                match self.below(2) {
                    0 => format!("{{{field},{inside}}}"),
                    _ => format!("{{{inside},{field}}}"),
                }
            }
            _ => line.to_owned(),
        }
    }

    /// A message of an unknown type that asks for no reply.
    fn message(&mut self) -> String {
        let message = format!("{{\"type\":\"{}\"}}", self.name());
        self.fields_into(&message)
    }

    fn field(&mut self) -> String {
        let name = self.name();
        format!("\"{name}\":{}", self.pick(&VALUES))
    }

    fn name(&mut self) -> String {
        let number = self.below(1000);
        format!("{}_{number}", self.pick(&NAMES))
    }

    fn falls(&mut self, dose: Dose) -> bool {
        match dose {
            Dose::Never => false,
            Dose::Sometimes => self.below(2) == 0,
            Dose::Always => true,
        }
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        let at = usize::try_from(self.below(list.len() as u64)).unwrap_or(0);
        list[at]
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// SplitMix64: every seed is as good as any other, 0 included.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use p2p_chat_protocol::ui::UiEvent;
    use p2p_chat_protocol::{ReadError, read};

    use super::*;

    const LINE: &str = r#"{"type":"replay_finished"}"#;

    fn mixed(seed: u64) -> Vec<String> {
        let mut grease = Grease::new(seed);
        (grease.fields, grease.types) = (Dose::Always, Dose::Sometimes);
        grease.mix_into(&[LINE; 50])
    }

    #[test]
    fn the_same_seed_says_the_same_and_another_something_else() {
        assert_eq!(mixed(0), mixed(0));
        assert_ne!(mixed(0), mixed(1));
    }

    #[test]
    fn known_messages_stay_what_they_are_and_the_others_are_unknown() {
        let (mut known, mut unknown) = (0, 0);
        for line in mixed(7) {
            match read::<UiEvent>(line.as_bytes()) {
                Ok(received) => {
                    assert_eq!(received.message, UiEvent::ReplayFinished);
                    assert_ne!(line, LINE, "a field was added");
                    known += 1;
                }
                Err(ReadError::UnknownType { id: None, .. }) => unknown += 1,
                other => panic!("{line}: {other:?}"),
            }
        }
        assert_eq!(known, 50);
        assert!((10..40).contains(&unknown), "{unknown}");
    }

    #[test]
    fn nothing_is_mixed_in_unasked() {
        assert_eq!(Grease::new(1).mix_into(&[LINE; 9]), [LINE; 9]);
    }
}
