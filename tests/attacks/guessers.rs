//! A hundred strangers guess at the code of a real listener, all at once and each from an address of
//! his own, and the process that made the code is killed in between.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use bytes::BytesMut;
use p2p_chat_secure_channel::{Code, Message, Proof, connect, take_message};
use rustix::process::Signal;

use crate::people::{CODE, Invite, friend_chats, listen};
use crate::support::{DEADLINE, Piped, all_gone, children_of, signal};

const STRANGERS: u8 = 100;

/// Most find no place at the door; so each comes more than once.
const CALLS_EACH: usize = 3;

#[test]
fn a_hundred_guessers_have_five_tries_a_code_also_when_transport_is_killed() {
    let (mut listener, old) = listen(&[]);
    for (n, left) in [(1, "4 tries left"), (2, "3 tries left")] {
        assert!(!comes_in(n, old.port, &other_than(&old.code)));
        let said = listener.expect("[!] Wrong code from ");
        assert!(said.contains(left), "{said}");
    }
    // While the others come, the process dies that counts them.
    all_at_once(old.port, &[&other_than(&old.code)], || {
        kill_transport(&listener);
    });
    let code = Invite::code(&listener.expect(CODE));
    assert_ne!(code, old.code);
    let said = listener.stdout.so_far();
    assert!((2..=5).contains(&failures(&said)), "{said}");

    // The next one counts its own: five, and then nobody gets an answer, whatever he knows.
    all_at_once(old.port, &[&old.code, &other_than(&code)], || {
        listener.expect("[!] Five wrong codes.");
    });
    assert!(!comes_in(1, old.port, &code));
    let of_both = failures(&listener.stdout.so_far());
    assert_eq!(of_both - failures(&said), 5);

    listener.line("/newcode");
    let code = Invite::code(&listener.expect(CODE));
    friend_chats(&mut listener, &Invite { code, ..old });
}

/// All strangers try these codes, none comes in, and meanwhile something happens.
fn all_at_once(port: u16, codes: &[&str], meanwhile: impl FnOnce()) {
    std::thread::scope(|scope| {
        for (n, code) in (1..=STRANGERS).zip(codes.iter().cycle()) {
            scope.spawn(move || {
                for _ in 0..CALLS_EACH {
                    assert!(!comes_in(n, port, code), "let in by a wrong code");
                }
            });
        }
        meanwhile();
    });
}

/// Calls from an address of this stranger's own; whether the listener proved itself in the end.
fn comes_in(stranger: u8, port: u16, code: &str) -> bool {
    handshake(stranger, port, code).is_some()
}

fn handshake(stranger: u8, port: u16, code: &str) -> Option<()> {
    let mut random = rand_core::UnwrapErr(getrandom::SysRng);
    let proof = Proof::Code(Code::parse(code).expect("a code"));
    let (hello_c, state) = connect(proof, &mut random).expect("no ticket");
    // Nobody may listen just now, and a stranger may be closed at any point.
    let mut stream = call(stranger, port).ok()?;
    stream.write_all(&hello_c).ok()?;
    let hello_l = read(&mut stream, Message::HelloL)?;
    let (auth_c, state) = state.receive(&hello_l).ok()?;
    stream.write_all(&auth_c).ok()?;
    let auth_l = read(&mut stream, Message::AuthL)?;
    state.receive(&auth_l, 0, &mut random).ok().map(drop)
}

fn call(stranger: u8, port: u16) -> std::io::Result<TcpStream> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    let from = SocketAddr::from((Ipv4Addr::new(127, 0, 7, stranger), 0));
    socket.bind(&from.into())?;
    let to = SocketAddr::from(([127, 0, 0, 1], port));
    socket.connect_timeout(&to.into(), DEADLINE)?;
    socket.set_read_timeout(Some(DEADLINE))?;
    Ok(socket.into())
}

/// One message; nothing where the connection ends first.
fn read(stream: &mut TcpStream, awaited: Message) -> Option<BytesMut> {
    let mut buffer = BytesMut::new();
    loop {
        if let Some(message) = take_message(awaited, &mut buffer).expect("its length is right") {
            return Some(message);
        }
        let mut bytes = [0; 2048];
        match stream.read(&mut bytes) {
            Ok(read @ 1..) => buffer.extend_from_slice(&bytes[..read]),
            Ok(0) | Err(_) => return None,
        }
    }
}

/// How many wrong codes were told: the fifth has a sentence of its own.
fn failures(said: &str) -> usize {
    said.matches("Wrong code from").count() + said.matches("Five wrong codes").count()
}

fn other_than(code: &str) -> String {
    let mut words: Vec<_> = code.split(' ').collect();
    words[0] = if words[0] == "zoo" { "yeast" } else { "zoo" };
    words.join(" ")
}

fn kill_transport(listener: &Piped) {
    let running = children_of(listener.pid());
    let transport = running.into_iter().find(|(_, name)| name == "transport");
    let (pid, name) = transport.expect("it runs");
    signal(pid, Signal::KILL);
    all_gone(&[(pid, name)]);
}
