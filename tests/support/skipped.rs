//! A test that cannot run says so, and why.

use std::io::{self, Write};

/// Says that a test did not run, and why; with `P2P_CHAT_REQUIRE_ALL=1` it fails instead.
pub(crate) fn skipped<T>(test: &str, missing: &str) -> Option<T> {
    let all = std::env::var_os("P2P_CHAT_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!all, "{test} cannot run: {missing}");
    // Not `eprintln!`, which a passing test's captured output would swallow.
    let _ = writeln!(io::stderr(), "SKIPPED {test}: {missing}");
    None
}
