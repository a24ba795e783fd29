//! Nobody reads what the ui shows. In a process of its own: while another test starts a program, the
//! child holds the pipes of all tests for a moment, and with them the end that a reader has let go.

mod support;

use serde_json::json;
use support::pipes::Piped;

#[test]
fn a_reader_that_left_is_no_failure() {
    let mut ui = Piped::start();
    ui.wire.welcome("listen", &json!({}));
    ui.output = None;
    ui.wire.notice("nobody reads this");
    assert!(ui.wait().success());
}
