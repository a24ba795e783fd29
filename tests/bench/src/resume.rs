//! How long a chat takes to go on over a line that was cut.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Instant;

use crate::end::{End, PATIENCE};
use crate::systems::{LISTEN, LISTENS, Programs, STARTED, hand_over_code};

/// Calls that wait to be looked at: there are two.
const CALLS: usize = 2;

/// Milliseconds from the redial to the first text, which was typed while the line was cut.
pub(crate) fn first_text_after_redial(programs: &Programs) -> Result<f64, String> {
    let mut listener = End::start(&mut programs.p2p_chat(&LISTEN))?;
    let port = listener.output.expect(LISTENS)?;
    let port = port.parse().map_err(|_| format!("{port:?} is no port"))?;
    let fail = |error| format!("no line to cut: {error}");
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(fail)?;
    let address = door.local_addr().map_err(fail)?.to_string();
    let calls = answer(door, port);
    let mut connector = End::start(&mut programs.p2p_chat(&["connect", &address]))?;
    hand_over_code(&mut listener, &mut connector)?;
    for end in [&mut listener, &mut connector] {
        end.output.expect(STARTED)?;
    }
    let (_, line) = next(&calls)?;
    for end in line {
        end.shutdown(Shutdown::Both).map_err(fail)?;
    }
    for end in [&mut listener, &mut connector] {
        end.output.expect("[!] Connection cut.")?;
    }
    connector.input.line(b"typed meanwhile\n")?;
    let (called, _line) = next(&calls)?;
    listener.output.expect("typed meanwhile")?;
    Ok(called.elapsed().as_secs_f64() * 1e3)
}

/// When somebody called, and both ends of the line.
type Call = (Instant, [TcpStream; 2]);

fn next(calls: &Receiver<Call>) -> Result<Call, String> {
    let call = calls.recv_timeout(PATIENCE);
    call.map_err(|_| "the connector does not call".to_owned())
}

/// Leads every caller to this port.
fn answer(door: TcpListener, port: u16) -> Receiver<Call> {
    let (tell, calls) = sync_channel(CALLS);
    thread::spawn(move || {
        while let Ok((caller, _)) = door.accept() {
            let called = Instant::now();
            let Ok(listener) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
                return;
            };
            let ends = [caller, listener];
            let copies = || ends.each_ref().map(TcpStream::try_clone);
            let ([Ok(a), Ok(b)], [Ok(c), Ok(d)]) = (copies(), copies()) else {
                return;
            };
            thread::spawn(move || pass_on(a, b));
            thread::spawn(move || pass_on(d, c));
            if tell.send((called, ends)).is_err() {
                return;
            }
        }
    });
    calls
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    // Without it, small records would wait for each other.
    let _ = to.set_nodelay(true);
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
}
