//! The chat core: the conversation, delivery, invites, and text made safe to print.
//!
//! Pure: no IO, no clock, no randomness. Start reading at [`Core::handle`].

mod address;
mod arrivals;
mod core;
mod invite;
mod outbox;
mod payload;
mod safe_text;
mod story;

pub use address::{Address, AddressError};
pub use core::{Config, Core, Ending, Input, Now, Output, Proof};
pub use invite::{Invite, InviteError};
pub use safe_text::safe_text;
