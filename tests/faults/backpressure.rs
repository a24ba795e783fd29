//! Somebody does not read: what can wait is bounded, the sender is told, and nothing is dropped.
