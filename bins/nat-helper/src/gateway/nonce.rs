//! The nonce by which a PCP router knows whose mapping it is.
//!
//! A router may refuse to change a mapping for another nonce, so a helper that was killed and
//! started again must know the one before; and nothing may be written to disk. It is therefore
//! derived from a number that the kernel draws at each boot: the same for every start, and not to
//! be guessed by anybody outside of this computer, which is all a nonce is for.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::sync::OnceLock;

use crate::gateway::Protocol;

/// The nonce for a port of this computer's address.
pub(crate) fn nonce(client: IpAddr, port: NonZeroU16, protocol: Protocol) -> [u32; 3] {
    derive(boot(), client, port, protocol)
}

fn derive(boot: &str, client: IpAddr, port: NonZeroU16, protocol: Protocol) -> [u32; 3] {
    [0, 1, 2].map(|part: u8| {
        let mut hasher = DefaultHasher::new();
        (boot, client, port, protocol.name(), part).hash(&mut hasher);
        let [a, b, c, d, ..] = hasher.finish().to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    })
}

/// As routers list it: the bytes in their order, or each number as a little-endian computer reads
/// it.
pub(crate) fn texts(nonce: [u32; 3]) -> [String; 2] {
    [nonce, nonce.map(u32::swap_bytes)]
        .map(|nonce| nonce.map(|part| format!("{part:08x}")).concat())
}

fn boot() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| {
        std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_else(|_| {
            // Other systems: good for the life of this process.
            let random = std::hash::RandomState::new();
            format!("{:?}", std::hash::BuildHasher::hash_one(&random, 0))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_the_same_for_a_port_until_the_next_boot() {
        let port = |port| NonZeroU16::new(port).expect("not 0");
        let own = IpAddr::from([192, 168, 1, 100]);
        let nonce = derive("a", own, port(8080), Protocol::Tcp);
        assert_eq!(derive("a", own, port(8080), Protocol::Tcp), nonce);
        assert_ne!(derive("b", own, port(8080), Protocol::Tcp), nonce);
        assert_ne!(derive("a", own, port(8081), Protocol::Tcp), nonce);
        assert_ne!(derive("a", own, port(8080), Protocol::Udp), nonce);
        let other = IpAddr::from([192, 168, 1, 101]);
        assert_ne!(derive("a", other, port(8080), Protocol::Tcp), nonce);
        let [plain, swapped] = texts([1, 2, 0xffff_fffe]);
        assert_eq!(plain, "0000000100000002fffffffe");
        assert_eq!(swapped, "0100000002000000feffffff");
    }
}
