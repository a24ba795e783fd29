//! The line between the two: a TCP proxy that can be cut, stalled, and closed to callers.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;

use socket2::{Domain, SockRef, Socket, Type};

/// Not 127.0.0.1, from where everybody calls: a port given back for a while could be taken for an
/// outgoing connection.
const HERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Callers that wait, which nobody lets happen.
const BACKLOG: i32 = 128;

/// A line that is up until it is dropped.
pub(crate) struct Line {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    listener: TcpListener,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Where it leads.
    to: u16,
    door: Door,
    stalled: bool,
    over: bool,
    wires: Vec<Wire>,
    calls: u64,
    last_call: Option<Instant>,
}

/// A connection through the line.
struct Wire {
    /// Which call it was.
    call: u64,
    caller: TcpStream,
    listener: TcpStream,
    /// Its end on one side is not passed on to the other.
    unnoticed: bool,
}

/// What becomes of callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Door {
    #[default]
    Open,
    /// Somebody answers and hangs up.
    HangsUp,
    /// Nobody answers: the kernel refuses.
    Refuses,
}

impl Line {
    /// A line to this port of this computer.
    pub(crate) fn to(port: u16) -> Self {
        let listener = listener_that_keeps_its_port().expect("a free port");
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                to: port,
                ..State::default()
            }),
            changed: Condvar::new(),
            listener,
        });
        let port = shared.listener.local_addr().expect("bound").port();
        let callers = Arc::clone(&shared);
        std::thread::spawn(move || answer(&callers));
        Self { port, shared }
    }

    /// Where to call.
    pub(crate) fn address(&self) -> String {
        format!("{HERE}:{}", self.port)
    }

    /// Leads to another port from now on.
    pub(crate) fn lead_to(&self, port: u16) {
        self.shared.lock().to = port;
    }

    /// Ends all connections, for both sides.
    pub(crate) fn cut(&self) {
        for wire in self.shared.lock().wires.drain(..) {
            hang_up(&wire.caller);
            hang_up(&wire.listener);
        }
    }

    /// Ends all connections for the caller; the listener notices nothing.
    pub(crate) fn cut_for_the_caller(&self) {
        for wire in &mut self.shared.lock().wires {
            wire.unnoticed = true;
            hang_up(&wire.caller);
        }
    }

    /// Passes nothing on until [`Line::flow`].
    pub(crate) fn stall(&self) {
        self.shared.lock().stalled = true;
    }

    /// Passes everything on again.
    pub(crate) fn flow(&self) {
        self.shared.lock().stalled = false;
        self.shared.changed.notify_all();
    }

    /// Answers callers and hangs up, until [`Line::accept`].
    pub(crate) fn hang_up_on_callers(&self) {
        self.shared.lock().door = Door::HangsUp;
    }

    /// Is closed to callers, until [`Line::accept`].
    pub(crate) fn refuse(&self) {
        self.shared.lock().door = Door::Refuses;
        // Linux: whoever waits in `accept` is woken, and callers are refused until `listen`.
        let listener = SockRef::from(&self.shared.listener);
        let _ = listener.shutdown(Shutdown::Read);
    }

    /// Takes callers again.
    pub(crate) fn accept(&self) {
        let mut state = self.shared.lock();
        if std::mem::take(&mut state.door) == Door::Refuses {
            let listener = SockRef::from(&self.shared.listener);
            listener.listen(BACKLOG).expect("it is still bound");
        }
        self.shared.changed.notify_all();
    }

    /// How many callers there were, those it hung up on among them.
    pub(crate) fn calls(&self) -> u64 {
        self.shared.lock().calls
    }

    /// When the last one came.
    pub(crate) fn last_call(&self) -> Option<Instant> {
        self.shared.lock().last_call
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.refuse();
        self.cut();
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds it")
    }

    /// Waits while `so`; whether the line is still there.
    fn wait_while(&self, so: impl Fn(&State) -> bool) -> bool {
        let state = self.lock();
        let waits = |state: &mut State| so(state) && !state.over;
        let state = self.changed.wait_while(state, waits);
        !state.expect("nothing panics while it holds it").over
    }

    /// Nothing more goes to this end of that call.
    fn one_way_ended(&self, call: u64, to: &TcpStream) {
        let mut state = self.lock();
        let Some(at) = state.wires.iter().position(|wire| wire.call == call) else {
            return;
        };
        if state.wires[at].unnoticed {
            // Kept, so that it stays open.
            return;
        }
        // A line that is closed in one direction only is none of ours; both programs close both.
        hang_up(to);
        state.wires.remove(at);
    }
}

/// A socket that was given any port loses it in `refuse`, one that asked for it does not: so one of
/// each, until neither can be taken by somebody else.
fn listener_that_keeps_its_port() -> io::Result<TcpListener> {
    let given = bound_to(0)?;
    let port = given
        .local_addr()?
        .as_socket()
        .map(|address| address.port());
    let asked = bound_to(port.expect("TCP"))?;
    drop(given);
    asked.listen(BACKLOG)?;
    Ok(asked.into())
}

fn bound_to(port: u16) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // Linux: two may have the same port as long as none listens.
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((HERE, port)).into())?;
    Ok(socket)
}

fn answer(shared: &Arc<Shared>) {
    while shared.wait_while(|state| state.door == Door::Refuses) {
        let Ok((caller, _)) = shared.listener.accept() else {
            // Refused now, or too many files: then the caller tries again.
            continue;
        };
        let mut state = shared.lock();
        state.calls += 1;
        state.last_call = Some(Instant::now());
        if state.door != Door::Open {
            continue;
        }
        let Ok(listener) = TcpStream::connect((Ipv4Addr::LOCALHOST, state.to)) else {
            continue;
        };
        let copy = |end: &TcpStream| end.try_clone().expect("a copy");
        for end in [&caller, &listener] {
            end.set_nodelay(true).expect("a socket");
        }
        let call = state.calls;
        state.wires.push(Wire {
            call,
            caller: copy(&caller),
            listener: copy(&listener),
            unnoticed: false,
        });
        drop(state);
        for (from, to) in [(copy(&caller), copy(&listener)), (listener, caller)] {
            let shared = Arc::clone(shared);
            std::thread::spawn(move || {
                pass_on(&shared, &from, &to);
                shared.one_way_ended(call, &to);
            });
        }
    }
}

fn pass_on(shared: &Shared, mut from: &TcpStream, mut to: &TcpStream) {
    let mut bytes = vec![0; 65_536];
    loop {
        let count = from.read(&mut bytes).unwrap_or(0);
        if !shared.wait_while(|state| state.stalled) {
            return;
        }
        if count == 0 || to.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
}

/// It may have ended already.
fn hang_up(end: &TcpStream) {
    let _ = end.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line to somebody who says what he hears.
    fn echo() -> Line {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let line = Line::to(listener.local_addr().expect("bound").port());
        std::thread::spawn(move || {
            while let Ok((caller, _)) = listener.accept() {
                std::thread::spawn(move || std::io::copy(&mut &caller, &mut &caller));
            }
        });
        line
    }

    fn calls(line: &Line) -> std::io::Result<TcpStream> {
        TcpStream::connect(line.address())
    }

    fn is_answered(mut call: &TcpStream) -> bool {
        let mut heard = [0; 2];
        call.write_all(b"hi").is_ok() && call.read_exact(&mut heard).is_ok()
    }

    #[test]
    fn a_line_that_was_closed_and_cut_takes_calls_again() {
        let line = echo();
        let first = calls(&line).expect("it is open");
        assert!(is_answered(&first));
        for _ in 0..3 {
            line.refuse();
            line.cut();
            assert!(!is_answered(&first));
            assert!(calls(&line).is_err(), "it is closed");
            line.accept();
            assert!(is_answered(&calls(&line).expect("it is open again")));
        }
        line.hang_up_on_callers();
        assert!(!is_answered(&calls(&line).expect("it is open")));
        assert_eq!(line.calls(), 5);
    }
}
