//! Reads words as people type them.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::list;

/// Characters of an entry that are read at all: more are no three words. A pasted book costs
/// nothing.
const MAX_TYPED: usize = 200;
/// Characters of a wrong word that the sentence repeats.
const MAX_REPEATED: usize = 20;

/// What was typed is not the words asked for. Costs no try. `Display` is the sentence for the
/// person who typed: `"karrot" is not a code word. Did you mean carrot?`
#[derive(PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryError {
    /// So many entries, not three.
    Count(usize),
    /// More than anybody would type.
    TooLong,
    /// This is the beginning of no word.
    NoWord {
        /// As it was read: normalised, lower case.
        typed: Typed,
        /// A word of the list that is near.
        hint: Option<&'static str>,
    },
    /// Fewer than three letters.
    TooShort(Typed),
    /// A number, but not of a word.
    NoNumber(Typed),
}

/// A word somebody typed; it may be nearly right, so `Debug` hides it.
#[derive(PartialEq, Eq)]
pub struct Typed(Zeroizing<String>);

/// The words' places in the list, exactly `N`. Whole words, beginnings of three letters or more,
/// or numbers.
pub(crate) fn read<const N: usize>(typed: &str) -> Result<[u16; N], EntryError> {
    if typed.chars().nth(MAX_TYPED).is_some() {
        return Err(EntryError::TooLong);
    }
    let text = normalised(typed);
    let separator = |c: char| c.is_whitespace() || "-_.,".contains(c);
    let entries = || text.split(separator).filter(|entry| !entry.is_empty());
    let mut places = [0; N];
    if entries().count() != N {
        return Err(EntryError::Count(entries().count()));
    }
    for (place, entry) in places.iter_mut().zip(entries()) {
        *place = place_of(entry)?;
    }
    Ok(places)
}

/// NFKC, then lower case. The room is made at once: a growing String leaves copies behind.
fn normalised(typed: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(32 * MAX_TYPED));
    text.extend(typed.nfkc().flat_map(char::to_lowercase));
    text
}

fn place_of(entry: &str) -> Result<u16, EntryError> {
    let typed = || Typed::of(entry);
    if entry.bytes().all(|byte| byte.is_ascii_digit()) {
        return match entry.parse() {
            Ok(number @ 1..=list::COUNT) => Ok(number - 1),
            _ => Err(EntryError::NoNumber(typed())),
        };
    }
    if entry.chars().count() < 3 {
        return Err(EntryError::TooShort(typed()));
    }
    list::place_of(entry).ok_or_else(|| EntryError::NoWord {
        typed: typed(),
        hint: list::nearest(entry),
    })
}

impl Typed {
    fn of(entry: &str) -> Self {
        Self(Zeroizing::new(entry.chars().take(MAX_REPEATED).collect()))
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} bytes)", self.0.len())
    }
}

impl fmt::Debug for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "Count({count})"),
            Self::TooLong => f.write_str("TooLong"),
            Self::NoWord { typed, .. } => write!(f, "NoWord{typed:?}"),
            Self::TooShort(typed) => write!(f, "TooShort{typed:?}"),
            Self::NoNumber(typed) => write!(f, "NoNumber{typed:?}"),
        }
    }
}

/// Quoted, with what a terminal would obey made visible.
impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.as_str())
    }
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(0) => f.write_str("Three words are needed, nothing was typed."),
            Self::Count(count) => write!(f, "Three words are needed, these are {count}."),
            Self::TooLong => f.write_str("Three words are needed, this is much more."),
            Self::NoWord { typed, hint: None } => write!(f, "{typed} is not a code word."),
            Self::NoWord {
                typed,
                hint: Some(word),
            } => write!(f, "{typed} is not a code word. Did you mean {word}?"),
            Self::TooShort(typed) => write!(
                f,
                "{typed} is too short. Type at least three letters of each word."
            ),
            Self::NoNumber(typed) => write!(
                f,
                "{typed} is not the number of a code word. They go from 1 to 1296."
            ),
        }
    }
}

impl std::error::Error for EntryError {}
