//! The 1296 words: the EFF's short wordlist 2, <https://www.eff.org/dice>, with a few words changed
//! (words/README.md). Creative Commons Attribution 3.0 US.

/// How many words there are: four throws of a die.
pub(super) const COUNT: u16 = 1296;

const TEXT: &str = include_str!("../../words/eff_short_wordlist_2.txt");

/// The words in their order, which is alphabetical. Read anew each time: it takes microseconds, and
/// a list of them would take memory all along.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    TEXT.lines()
}

/// The place of the only word that begins so. Three letters or more, or it is none.
pub(super) fn place_of(beginning: &str) -> Option<u16> {
    if beginning.len() < 3 {
        return None;
    }
    let place = words().position(|word| word.starts_with(beginning))?;
    u16::try_from(place).ok()
}

/// The word somebody may have meant: one edit away, or the only one two edits away.
pub(super) fn nearest(typed: &str) -> Option<&'static str> {
    let typed: Vec<char> = typed.chars().collect();
    let near = |most: usize| -> Vec<&'static str> {
        let near = |word: &&str| edits(&typed, word) <= most;
        words().filter(near).collect()
    };
    match near(1)[..] {
        [word, ..] => Some(word),
        [] => match near(2)[..] {
            [word] => Some(word),
            _ => None,
        },
    }
}

/// Levenshtein's distance, row by row.
fn edits(typed: &[char], word: &str) -> usize {
    let mut row: Vec<usize> = (0..=typed.len()).collect();
    for (n, letter) in word.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = n + 1;
        for (m, other) in typed.iter().enumerate() {
            let swapped = diagonal + usize::from(letter != *other);
            diagonal = row[m + 1];
            row[m + 1] = swapped.min(diagonal + 1).min(row[m] + 1);
        }
    }
    row[typed.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_list_has_1296_words_of_small_letters_in_order_with_unique_beginnings() {
        assert_eq!(words().count(), usize::from(COUNT));
        assert!(words().is_sorted());
        assert!(TEXT.bytes().all(|b| b.is_ascii_lowercase() || b == b'\n'));
        let beginnings: HashSet<&str> = words().map(|word| &word[..3]).collect();
        assert_eq!(beginnings.len(), usize::from(COUNT));
    }

    #[test]
    fn each_word_and_its_first_three_letters_are_at_its_place() {
        for (place, word) in words().enumerate() {
            assert_eq!(place_of(word), Some(place as u16));
            assert_eq!(place_of(&word[..3]), Some(place as u16));
            assert_eq!(place_of(&word[..2]), None);
        }
    }

    #[test]
    fn each_word_is_three_edits_from_every_other_so_a_hint_is_never_a_guess() {
        for (n, word) in words().enumerate() {
            let letters: Vec<char> = word.chars().collect();
            for other in words().skip(n + 1) {
                assert!(edits(&letters, other) >= 3, "{word} and {other}");
            }
        }
    }

    #[test]
    fn edits_are_counted_as_changed_added_and_left_out_letters() {
        let count = |typed: &str, word| edits(&typed.chars().collect::<Vec<_>>(), word);
        assert_eq!(count("karrot", "carrot"), 1);
        assert_eq!(count("carot", "carrot"), 1);
        assert_eq!(count("ccarrott", "carrot"), 2);
        assert_eq!(count("", "carrot"), 6);
    }
}
