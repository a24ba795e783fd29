//! A test in a network and a file tree of its own, where it may change addresses and names.

use std::process::Command;

use crate::skipped::skipped;

/// Set where this program was started again in there.
const ALONE: &str = "P2P_CHAT_TEST_ALONE";
const NAMESPACES: [&str; 5] = ["--user", "--map-root-user", "--net", "--mount", "sh"];

/// Runs this test once more, in a network with nothing in it but loopback. `true`: this is that
/// run; `false`: it is over, or was skipped.
///
/// # Panics
/// When it failed.
pub(crate) fn alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    if !namespaces_work() {
        return skipped(test, "this computer permits no network namespace").unwrap_or(false);
    }
    let myself = std::env::current_exe().expect("this test binary");
    let status = Command::new("unshare")
        .args(NAMESPACES)
        .args(["-euc", "ip link set lo up; exec \"$@\"", "alone"])
        .arg(myself)
        .args([test, "--exact", "--nocapture"])
        .env(ALONE, "1")
        .status();
    assert!(status.expect("unshare runs").success(), "see above");
    false
}

fn namespaces_work() -> bool {
    let tried = Command::new("unshare")
        .args(NAMESPACES)
        .args(["-c", "ip link set lo up"])
        .output();
    tried.is_ok_and(|output| output.status.success())
}
