//! Codes that were typed here: each is good for one proof.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use p2p_chat_secure_channel::{Code, SpentCode};

/// The last codes.
#[derive(Default)]
pub(super) struct Codes {
    /// A proof of it was sent.
    spent: Option<SpentCode>,
    /// Of the attempt under way, or the last one; and whether its proof was sent.
    trying: Option<(SpentCode, Arc<AtomicBool>)>,
}

impl Codes {
    /// Somebody wants to use this code. Gives what is to be set when a proof of it is sent;
    /// `None` when one was, and no proof of another code since.
    pub(super) fn try_out(&mut self, code: &Code) -> Option<Arc<AtomicBool>> {
        if let Some((tried, proved)) = self.trying.take()
            && proved.load(Ordering::Relaxed)
        {
            self.spent = Some(tried);
        }
        if self.spent.as_ref().is_some_and(|spent| spent.is(code)) {
            return None;
        }
        let proved = Arc::new(AtomicBool::new(false));
        self.trying = Some((SpentCode::of(code), Arc::clone(&proved)));
        Some(proved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(numbers: &str) -> Code {
        Code::parse(numbers).expect("a code")
    }

    #[test]
    fn a_code_is_refused_once_its_proof_was_sent() {
        let (mut codes, code) = (Codes::default(), code("1 2 3"));
        let proved = codes.try_out(&code).expect("never tried");
        codes.try_out(&code).expect("tried, but nothing was sent");
        drop(proved);
        let proved = codes.try_out(&code).expect("nothing was sent");
        proved.store(true, Ordering::Relaxed);
        assert!(codes.try_out(&code).is_none());
        assert!(codes.try_out(&code).is_none());
    }

    #[test]
    fn it_is_remembered_until_another_was_proved() {
        let mut codes = Codes::default();
        let (first, other) = (code("1 2 3"), code("4 5 6"));
        let proved = codes.try_out(&first).expect("never tried");
        proved.store(true, Ordering::Relaxed);
        let proved = codes.try_out(&other).expect("never tried");
        assert!(codes.try_out(&first).is_none());
        drop(proved);
        let proved = codes.try_out(&other).expect("nothing was sent");
        proved.store(true, Ordering::Relaxed);
        assert!(codes.try_out(&first).is_some());
        assert!(codes.try_out(&other).is_none());
    }
}
