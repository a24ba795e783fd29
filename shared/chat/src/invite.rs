//! An invite: one line that holds all a peer needs, `p2pc:HOST:PORT[,HOST:PORT…][#code]`.

use std::fmt;

use p2p_chat_protocol::Private;

use crate::address::{Address, AddressError, host_of, is_home, is_loopback};

const PREFIX: &str = "p2pc:";

/// More addresses than any computer has; a longer list only costs the connector time.
pub(crate) const MAX_ADDRESSES: usize = 20;

/// Where a peer waits, and the code it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// `host:port` each, in the order to try; never empty.
    pub addresses: Vec<String>,
    /// The code.
    pub code: Option<Private>,
}

/// Why a text is no invite and no address, as a sentence for people.
#[derive(Debug, PartialEq, Eq)]
pub enum InviteError {
    /// One of the addresses is none.
    Address(AddressError),
    /// Cut off while it was copied.
    Incomplete(String),
    /// Longer than any real invite.
    TooMany(usize),
}

impl fmt::Display for InviteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => error.fmt(f),
            Self::Incomplete(end) => write!(
                f,
                "Incomplete invite: it ends after {end:?}. Paste it whole, in one piece."
            ),
            Self::TooMany(count) => write!(
                f,
                "This invite has {count} addresses; at most {MAX_ADDRESSES} are tried. Ask for a new one."
            ),
        }
    }
}

impl Invite {
    /// Reads what a person typed or pasted: an invite, `host` or `host:port`. Blanks, line breaks,
    /// quotes and angle brackets around it, and a last `.` or `,`, came with the pasting.
    pub fn parse(text: &str) -> Result<Self, InviteError> {
        let tidy = text
            .trim_start_matches(is_debris)
            .trim_end_matches(|c| is_debris(c) || matches!(c, '.' | ','));
        match tidy.get(..PREFIX.len()) {
            Some(start) if start.eq_ignore_ascii_case(PREFIX) => {
                let line: String = tidy[PREFIX.len()..]
                    .chars()
                    .filter(|c| !c.is_whitespace())
                    .collect();
                Self::parse_line(&line)
            }
            _ => {
                let address = Address::parse(tidy).map_err(InviteError::Address)?;
                Ok(Self {
                    addresses: vec![address.with_port()],
                    code: None,
                })
            }
        }
    }

    fn parse_line(line: &str) -> Result<Self, InviteError> {
        let (addresses, code) = match line.split_once('#') {
            Some((_, "")) => return Err(InviteError::Incomplete("#".to_owned())),
            // Whether they are words is transport's to say.
            Some((_, code)) if code.split('-').filter(|word| !word.is_empty()).count() < 3 => {
                return Err(InviteError::Incomplete(code.to_owned()));
            }
            Some((addresses, code)) => (addresses, Some(Private::from(code))),
            None => (line, None),
        };
        if addresses.is_empty() {
            return Err(InviteError::Incomplete(PREFIX.to_owned()));
        }
        let count = addresses.split(',').count();
        if count > MAX_ADDRESSES {
            return Err(InviteError::TooMany(count));
        }
        let addresses = addresses
            .split(',')
            .map(|text| Address::parse(text).map(|address| address.with_port()))
            .collect::<Result<_, _>>()
            .map_err(InviteError::Address)?;
        Ok(Self { addresses, code })
    }

    /// Whether it leads nowhere but to this computer.
    pub fn is_loopback(&self) -> bool {
        self.addresses.iter().all(|a| is_loopback(host_of(a)))
    }

    /// Whether it leads nowhere but into a home network.
    pub(crate) fn is_home_only(&self) -> bool {
        self.addresses.iter().all(|a| is_home(host_of(a)))
    }

    /// What a person would type: the address, where there is but one.
    pub(crate) fn to_typed(&self) -> String {
        match &self.addresses[..] {
            [address] if self.code.is_none() => address.clone(),
            _ => self.to_string(),
        }
    }
}

/// What stands around a pasted invite and is not part of it.
fn is_debris(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '\u{201c}' | '\u{201d}')
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.addresses.join(","))?;
        match &self.code {
            Some(code) => write!(f, "#{}", code.0),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_is_read_as_it_was_written() {
        let line = "p2pc:203.0.113.7:8080,[2001:db8::4]:8080#carrot-lemon-koala";
        let invite = Invite::parse(line).expect("an invite");
        assert_eq!(invite.addresses, ["203.0.113.7:8080", "[2001:db8::4]:8080"]);
        assert_eq!(invite.code, Some(Private::from("carrot-lemon-koala")));
        assert_eq!(invite.to_string(), line);
    }

    #[test]
    fn what_pasting_adds_is_taken_off() {
        for text in [
            " <p2pc:203.0.113.7:8080#a-b-c>. ",
            "\"P2PC:203.0.113.7:8080#a-b-c\"",
            "p2pc:203.0.113.7\n  :8080#a-\nb-c,",
        ] {
            let invite = Invite::parse(text).expect(text);
            assert_eq!(invite.addresses, ["203.0.113.7:8080"], "{text}");
            assert_eq!(invite.code, Some(Private::from("a-b-c")), "{text}");
        }
    }

    #[test]
    fn a_plain_address_gets_the_default_port() {
        let invite = Invite::parse("me.example.net").expect("an address");
        assert_eq!(invite.addresses, ["me.example.net:8080"]);
        assert_eq!(
            Invite::parse("'203.0.113.7:81'.")
                .expect("an address")
                .addresses,
            ["203.0.113.7:81"]
        );
    }

    #[test]
    fn a_broken_invite_says_where() {
        for (text, part) in [
            ("p2pc:", "ends after \"p2pc:\""),
            ("p2pc:1.2.3.4:80#", "ends after \"#\""),
            ("p2pc:1.2.3.4:80#carrot-lem", "ends after \"carrot-lem\""),
            ("p2pc:1.2.3.4:80#carrot-lem-", "ends after \"carrot-lem-\""),
            ("p2pc:1.2.3.4:80x", "\"80x\""),
            ("1.2.3.4 8080", "\"1.2.3.4 8080\""),
        ] {
            let error = Invite::parse(text).expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        let crowd = format!("p2pc:{}", vec!["1.2.3.4:80"; 21].join(","));
        assert_eq!(Invite::parse(&crowd), Err(InviteError::TooMany(21)));
    }
}
