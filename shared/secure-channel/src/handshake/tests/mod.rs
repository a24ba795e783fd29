//! The handshake, both sides in memory.

mod guesses;
mod lockouts;
mod modes;
mod tampering;
mod words;
