//! The code: three words that one side makes and tells the other.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{EntryError, Spoken, entry, list};

/// Three words of the list: 31 bits. Not `Clone`: a connector's code is used up by the handshake
/// that sends a proof of it.
#[derive(ZeroizeOnDrop)]
pub struct Code([u16; 3]);

impl Code {
    /// Makes a code.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(std::array::from_fn(|_| place(rng)))
    }

    /// Reads what somebody typed: three whole words, unique beginnings of words (three letters
    /// or more) or numbers 1 to 1296, with `-_.,` or blanks between them, in any case.
    pub fn parse(typed: &str) -> Result<Self, EntryError> {
        Ok(Self(entry::read(typed)?))
    }

    /// `carrot-lemon-koala`: what CPace is fed with, too.
    pub fn words(&self) -> Spoken {
        Spoken::words(&self.0, "-")
    }

    /// The places of the words in the list: `181 683 665`.
    pub fn numbers(&self) -> Spoken {
        Spoken::numbers(&self.0, " ")
    }
}

/// One place in the list, all equally likely.
fn place(rng: &mut dyn CryptoRng) -> u16 {
    // The part of a u16 that is whole rounds of the list. A draw above it comes once in 88 times.
    const FAIR: u16 = u16::MAX / list::COUNT * list::COUNT;
    loop {
        let mut bytes = [0; 2];
        rng.fill_bytes(&mut bytes);
        let drawn = u16::from_be_bytes(bytes);
        bytes.zeroize();
        if drawn < FAIR {
            return drawn % list::COUNT;
        }
    }
}

/// A code that was tried: good for telling that it is typed again, and for nothing else.
#[derive(ZeroizeOnDrop)]
pub struct SpentCode([u16; 3]);

impl SpentCode {
    /// Remembers this code, before [`crate::connect`] takes it.
    pub fn of(code: &Code) -> Self {
        Self(code.0)
    }

    /// Whether `code` is the one that was tried.
    pub fn is(&self, code: &Code) -> bool {
        self.0.ct_eq(&code.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Dice;

    fn read(typed: &str) -> Result<String, String> {
        match Code::parse(typed) {
            Ok(code) => Ok(code.words().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in [
            "carrot-lemon-koala",
            "car lem koa",
            "  CARROT_lemo.Koala\n",
            "181 683 665",
            "181,lemon,koa",
            "0181 683 665",
            "ｃａｒｒｏｔ　lemon　６６５",
            "car--lem  ..koa",
        ] {
            assert_eq!(read(typed), Ok("carrot-lemon-koala".into()), "{typed}");
        }
        assert_eq!(
            &*Code::parse("car lem koa").ok().unwrap().numbers(),
            "181 683 665"
        );
    }

    #[test]
    fn what_is_no_code_is_refused_with_a_sentence() {
        for (typed, sentence) in [
            (
                "karrot lemon koala",
                r#""karrot" is not a code word. Did you mean carrot?"#,
            ),
            (
                "carrot lemmo koala",
                r#""lemmo" is not a code word. Did you mean lemon?"#,
            ),
            ("carrot qqqqq koala", r#""qqqqq" is not a code word."#),
            (
                "carrots lemon koala",
                r#""carrots" is not a code word. Did you mean carrot?"#,
            ),
            (
                "ca lemon koala",
                r#""ca" is too short. Type at least three letters of each word."#,
            ),
            (
                "0 683 665",
                r#""0" is not the number of a code word. They go from 1 to 1296."#,
            ),
            (
                "1297 683 665",
                r#""1297" is not the number of a code word. They go from 1 to 1296."#,
            ),
            (
                "99999999999999999999999 1 1",
                r#""99999999999999999999" is not the number of a code word. They go from 1 to 1296."#,
            ),
            ("carrot lemon", "Three words are needed, these are 2."),
            ("", "Three words are needed, nothing was typed."),
            (
                "carrot lemon koala zoo",
                "Three words are needed, these are 4.",
            ),
            (
                "\u{1b}[31m carrot lemon",
                r#""\u{1b}[31m" is not a code word."#,
            ),
            (
                &"ﷺ".repeat(300),
                "Three words are needed, this is much more.",
            ),
        ] {
            assert_eq!(read(typed), Err(sentence.into()), "{typed}");
        }
    }

    #[test]
    fn no_debug_output_has_what_was_typed() {
        let error = Code::parse("karrot lemon koala").err().unwrap();
        assert_eq!(format!("{error:?}"), "NoWord(6 bytes)");
    }

    #[test]
    fn made_codes_are_read_again_and_use_the_whole_list() {
        let mut dice = Dice::new(1);
        let mut seen = vec![false; usize::from(list::COUNT)];
        for _ in 0..10_000 {
            let code = Code::generate(&mut dice);
            assert!(SpentCode::of(&code).is(&Code::parse(&code.words()).unwrap()));
            assert!(SpentCode::of(&code).is(&Code::parse(&code.numbers()).unwrap()));
            for place in code.0 {
                seen[usize::from(place)] = true;
            }
        }
        assert!(seen.iter().all(|&seen| seen));
    }

    #[test]
    fn draws_that_would_favour_the_first_words_are_drawn_again() {
        let drawn = [64_800_u16, 65_535, 64_799, 0, 1296].map(|n| n.to_be_bytes().to_vec());
        let code = Code::generate(&mut crate::testing::Script::new(drawn));
        assert_eq!(&*code.numbers(), "1296 1 1");
    }

    #[test]
    fn a_spent_code_knows_itself_only() {
        let spent = SpentCode::of(&Code::parse("car lem koa").unwrap());
        assert!(spent.is(&Code::parse("181 683 665").unwrap()));
        assert!(!spent.is(&Code::parse("car lem kna").unwrap()));
        assert!(!spent.is(&Code::parse("lem car koa").unwrap()));
    }
}
