//! The secure channel against a second implementation of it, in Python, which knows the protocol's
//! description and not our code: what both agree on is what the description says.

#[path = "support/p2pc.rs"]
mod p2pc;
#[path = "support/python.rs"]
mod python;
#[path = "support/skipped.rs"]
mod skipped;
mod support;
#[path = "support/transport.rs"]
mod transport;

#[path = "second_implementation/modes.rs"]
mod modes;
#[path = "second_implementation/records.rs"]
mod records;
#[path = "second_implementation/scene.rs"]
mod scene;
#[path = "second_implementation/tickets.rs"]
mod tickets;

use p2pc::P2pc;

#[test]
fn it_passes_its_own_tests() {
    let Some(python) = P2pc::find("it_passes_its_own_tests") else {
        return;
    };
    let output = python.selftest();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn it_computes_every_value_of_our_test_vectors() {
    let Some(python) = P2pc::find("it_computes_every_value_of_our_test_vectors") else {
        return;
    };
    let folder = support::repository().join("shared/secure-channel/tests/vectors");
    let files = ["words", "code", "resume"].map(|mode| folder.join(format!("{mode}.json")));
    let output = python.check_vectors(&files);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
