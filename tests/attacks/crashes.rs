//! The connector's transport dies while somebody on the way holds its proof.

use std::sync::mpsc;

use rustix::process::Signal;

use crate::man_in_the_middle::{To, man_in_the_middle};
use crate::support::{Chat, children_of, signal};
use crate::transport::{Transport, mode};

const AUTH: usize = 1;

#[test]
fn a_code_that_was_shown_is_not_shown_again_by_the_next_transport() {
    let mut listener = Transport::start();
    let listening = listener.listen(mode("code"));
    let (tell, proofs) = mpsc::channel();
    // He keeps each proof and lets nobody go on.
    let middle = man_in_the_middle(listening.port, move |message, wires| {
        match message.is(To::Listener, AUTH) {
            true => tell.send(message.connection).expect("the test looks"),
            false => wires.pass(&message),
        }
    });
    let code = listening.passcode;
    let invite = format!("p2pc:127.0.0.1:{middle}#{code}");
    let mut menu = Chat::new(&[]).on_screen();
    menu.expect_prompt("Select option:");
    menu.keys(&format!("{invite}\r"));
    proofs
        .recv_timeout(crate::support::DEADLINE)
        .expect("the proof is sent once");
    let children = children_of(menu.pid());
    let transport = children.iter().find(|(_, name)| name == "transport");
    signal(transport.expect("it runs").0, Signal::KILL);
    menu.expect("The code may be used up: ask for a new one.");
    menu.expect_prompt("Select option:");
    // Enter would try again where nobody had seen the code.
    menu.keys("\r").expect("[!] Invalid option");
    // However it is typed, and in whichever way.
    let words = code.replace('-', " ").to_uppercase();
    for (refusals, typed) in [(1, &invite), (2, &code), (3, &words)] {
        menu.keys(&format!("{typed}\r"));
        menu.expect_that(&format!("{refusals} refusals"), |screen| {
            let row = screen.lines().last().unwrap_or_default();
            screen.matches("[!] This code was used just now").count() == refusals
                && row.starts_with("Code (three words or numbers):")
        });
    }
    menu.keys("/menu\r").expect_prompt("Select option:");
    menu.keys("3\r").exit_code();
    assert!(proofs.try_recv().is_err(), "a second proof was sent");
}
