//! Two real p2p-chats that talk over a line of the test's own: what each is asked and told is
//! kept in a [`Ledger`], and what breaks, breaks by the test's will.
//!
//! Start reading at [`Pair`].

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of it"
)]

mod both;
mod fault;
mod ledger;
mod line;
mod memory;
mod program;
mod reaching;
mod side;
mod verdict;

pub(crate) use both::{Pair, Restart, Setup, Who};
pub(crate) use fault::{Broken, Fault};
pub(crate) use ledger::{Ledger, Link};
pub(crate) use line::Line;
pub(crate) use memory::{BOUND_KIB, Memory, Part};
pub(crate) use program::{Kind, Program};
pub(crate) use side::Side;
pub(crate) use verdict::{Verdict, compare};
