//! What two people tell each other: a code before they connect, or words while they do.

mod code;
mod entry;
mod list;
mod sas;

use std::ops::Deref;

use zeroize::ZeroizeOnDrop;

pub use code::{Code, SpentCode};
pub use entry::EntryError;
pub use sas::SasWords;

/// Words or numbers to show to the user. Erased when dropped, and nothing prints it by itself.
#[derive(ZeroizeOnDrop)]
pub struct Spoken(String);

impl Spoken {
    /// The words at these places of the list.
    fn words(places: &[u16], between: &str) -> Self {
        Self::join(places, between, |text, place| {
            let word = list::words().nth(usize::from(place));
            text.push_str(word.expect("places are those of the list"));
        })
    }

    /// Their numbers, as people count: from 1.
    fn numbers(places: &[u16], between: &str) -> Self {
        Self::join(places, between, |text, place| {
            use std::fmt::Write;
            write!(text, "{}", place + 1).expect("a String takes everything");
        })
    }

    fn join(places: &[u16], between: &str, write: impl Fn(&mut String, u16)) -> Self {
        // Room for all of it: a growing String leaves copies behind. The longest word has 10 letters.
        let mut text = String::with_capacity(places.len() * 16);
        for (n, &place) in places.iter().enumerate() {
            if n > 0 {
                text.push_str(between);
            }
            write(&mut text, place);
        }
        Self(text)
    }
}

impl Deref for Spoken {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}
