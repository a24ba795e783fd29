//! Listeners made by hand on the same handshake, which a transport calls.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bytes::BytesMut;
use p2p_chat_secure_channel::{Admission, Code, Gate, Message, take_message};

use super::{DEADLINE, listener, random};

/// How far a host goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Closes without a word.
    Accepted,
    /// Answers with something else.
    Garbage,
    /// Answers as a listener with another code, and takes the proof.
    Proved,
}

/// Listens by hand, and serves every call so, until the test ends; the address. `proofs` counts
/// the proofs it was shown.
pub(crate) fn host(until: Until, proofs: &Arc<AtomicUsize>) -> String {
    let (socket, address) = listener();
    let proofs = Arc::clone(proofs);
    thread::spawn(move || {
        for stream in socket.incoming().map_while(Result::ok) {
            match until {
                Until::Accepted => {}
                Until::Garbage => {
                    let mut stream = stream;
                    let _ = stream.write_all(&[0x20; 600]);
                }
                Until::Proved => {
                    let mut gate = Gate::with_code(Code::generate(&mut random()));
                    let _ = serve(stream, &mut gate, || {
                        proofs.fetch_add(1, Ordering::SeqCst);
                    });
                }
            }
        }
    });
    address
}

/// One handshake as the listener; `proved` is called when the proof is here.
pub(crate) fn serve(
    mut stream: TcpStream,
    gate: &mut Gate,
    proved: impl FnOnce(),
) -> Option<(TcpStream, Admission)> {
    stream.set_read_timeout(Some(DEADLINE)).ok()?;
    let hello_c = read(&mut stream, Message::HelloC)?;
    let (hello_l, state) = gate.answer(&hello_c, 0, &mut random()).ok()?;
    stream.write_all(&hello_l).ok()?;
    let auth_c = read(&mut stream, Message::AuthC)?;
    proved();
    let admission = gate.admit(state, &auth_c, 0, &mut random()).ok()?;
    stream.write_all(&admission.auth_l).ok()?;
    Some((stream, admission))
}

fn read(stream: &mut TcpStream, awaited: Message) -> Option<BytesMut> {
    let mut buffer = BytesMut::new();
    loop {
        if let Some(message) = take_message(awaited, &mut buffer).ok()? {
            return Some(message);
        }
        let mut bytes = [0; 4096];
        match stream.read(&mut bytes) {
            Ok(read @ 1..) => buffer.extend_from_slice(&bytes[..read]),
            Ok(0) | Err(_) => return None,
        }
    }
}
