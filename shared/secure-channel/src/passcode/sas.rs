//! Words for people without a code: six from the handshake's end, three for each to read out.

use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

use super::{EntryError, Spoken, entry, list};
use crate::secret::Secret;
use crate::ticket::TicketRole;

/// The six words from one side: three it shows, three it asks for.
#[derive(ZeroizeOnDrop)]
pub struct SasWords {
    show: [u16; 3],
    ask: [u16; 3],
}

impl SasWords {
    /// 62 bits of the 128, as a number to the base 1296. The connector shows the first three.
    pub(crate) fn new(sas: &Secret<16>, role: TicketRole) -> Self {
        let mut rest = u128::from_be_bytes(*sas.0);
        let mut places = [0; 6];
        for place in places.iter_mut().rev() {
            *place = (rest % u128::from(list::COUNT)) as u16;
            rest /= u128::from(list::COUNT);
        }
        let [a, b, c, d, e, f] = places;
        let (show, ask) = match role {
            TicketRole::Connector => ([a, b, c], [d, e, f]),
            TicketRole::Listener => ([d, e, f], [a, b, c]),
        };
        Self { show, ask }
    }

    /// `carrot lemon koala`: what this side shows and its user reads out.
    pub fn show(&self) -> Spoken {
        Spoken::words(&self.show, " ")
    }

    /// Whether these are the words the other side shows. Three letters of each are enough.
    pub(crate) fn are_heard(&self, typed: &str) -> Result<bool, EntryError> {
        Ok(self.ask.ct_eq(&entry::read::<3>(typed)?).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_asks_for_what_the_other_shows() {
        let sas = Secret::copied(&[0xA5; 16]);
        let connector = SasWords::new(&sas, TicketRole::Connector);
        let listener = SasWords::new(&sas, TicketRole::Listener);
        assert_eq!(connector.are_heard(&listener.show()), Ok(true));
        assert_eq!(listener.are_heard(&connector.show()), Ok(true));
        assert_eq!(connector.are_heard(&connector.show()), Ok(false));
        assert!(connector.are_heard("karrot lemon koala").is_err());
    }

    #[test]
    fn words_are_digits_to_the_base_1296_of_the_lowest_part() {
        let words =
            |n: u128| SasWords::new(&Secret::copied(&n.to_be_bytes()), TicketRole::Connector);
        assert_eq!(&*words(0).show(), "aardvark aardvark aardvark");
        assert_eq!(words(1).ask, [0, 0, 1]);
        assert_eq!(words(1296_u128.pow(3)).show, [0, 0, 1]);
        assert_eq!(words(1296_u128.pow(6) + 7).ask, [0, 0, 7]);
        assert_eq!(words(1296_u128.pow(6) - 1).show, [1295; 3]);
    }
}
