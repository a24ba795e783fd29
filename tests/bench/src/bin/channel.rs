//! What the secure channel costs: processor time of a handshake and of a record, both sides
//! together, and bytes on the wire. In memory, without a socket: what is measured is cryptography.
//!
//! `channel [ROUNDS]`; scripts/bench.sh calls it.

use bytes::BytesMut;
use getrandom::SysRng;
use p2p_chat_secure_channel::{
    Channel, Code, Gate, Message, Proof, connect, take_message, take_record,
};
use rand_core::UnwrapErr;
use rustix::time::{ClockId, clock_gettime};

/// Handshakes a round: 50 of them take longer than the clock's steps by far.
const HANDSHAKES: u32 = 50;
/// Records a round; less than the 500 after which new keys are due.
const RECORDS: u32 = 400;
/// A chat line.
const LINE: usize = 200;
/// Lines that transport writes at once, when they are there.
const BATCH: u32 = 50;

fn main() {
    let rounds = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let rounds: u32 = rounds.unwrap_or(21);
    let code = || Proof::Code(Code::parse("carrot lemon koala").expect("three words"));
    let by_code = || met(code(), Gate::with_code(code_of(code())));
    let by_words = || met(Proof::Words, Gate::with_words());
    let resumed = |ticket: &Ticket| {
        let mut gate = Gate::with_tickets_only();
        gate.set_tickets([ticket.1.clone()]);
        met(Proof::Ticket(ticket.0.clone()), gate)
    };
    let session = by_code();
    let ticket = session.tickets();

    let mut figures = [const { Vec::new() }; 5];
    for _ in 0..rounds {
        let per_handshake = |made: &dyn Fn() -> Session| per(HANDSHAKES, || drop(made())) / 1e6;
        figures[0].push(per_handshake(&by_code));
        figures[1].push(per_handshake(&by_words));
        figures[2].push(per_handshake(&|| resumed(&ticket)));
        let mut one_by_one = by_code();
        figures[3].push(per(RECORDS, || one_by_one.say(1)) / 1e3);
        let mut batches = by_code();
        let batch = per(RECORDS / BATCH, || batches.say(BATCH));
        figures[4].push(batch / 1e3 / f64::from(BATCH));
    }

    println!(
        "The secure channel, processor time of both sides together, medians of {rounds} rounds.\n"
    );
    row("figure", "ours", "must", "verdict");
    let [code_ms, words_ms, resume_ms, alone_us, batch_us] = figures.map(median);
    timed("handshake with a code", code_ms, "ms", 1.5);
    timed("handshake without a code", words_ms, "ms", 1.5);
    timed("handshake with a ticket", resume_ms, "ms", 1.5);
    timed("seal and open, 200 B, each by itself", alone_us, "us", 8.0);
    timed(
        "seal and open, 200 B, 50 in one buffer",
        batch_us,
        "us",
        8.0,
    );
    for (what, bytes, must) in session.sizes() {
        row(
            what,
            &format!("{bytes} B"),
            &must.to_string(),
            verdict(bytes == must),
        );
    }
}

/// The connector's and the listener's.
type Ticket = (
    p2p_chat_secure_channel::Ticket,
    p2p_chat_secure_channel::Ticket,
);

/// Two sides that have met.
struct Session {
    connector: Channel,
    listener: Channel,
    /// All bytes of the handshake, connector's and listener's.
    handshake: (usize, usize),
}

fn code_of(proof: Proof) -> Code {
    match proof {
        Proof::Code(code) => code,
        Proof::Words | Proof::Ticket(_) => unreachable!("it was made of a code"),
    }
}

fn met(proof: Proof, mut gate: Gate) -> Session {
    let rng = &mut UnwrapErr(SysRng);
    let (hello_c, waiting_c) = connect(proof, rng).expect("the right role");
    let answered = gate.answer(&body(Message::HelloC, &hello_c), 0, rng);
    let (hello_l, waiting_l) = answered.expect("well-formed");
    let Ok((auth_c, waiting_c)) = waiting_c.receive(&body(Message::HelloL, &hello_l)) else {
        panic!("refused");
    };
    let admitted = gate.admit(waiting_l, &body(Message::AuthC, &auth_c), 0, rng);
    let admitted = admitted.expect("the right proof");
    let auth_l = body(Message::AuthL, &admitted.auth_l);
    Session {
        connector: waiting_c.receive(&auth_l, 0, rng).expect("the right proof"),
        listener: admitted.channel,
        handshake: (
            hello_c.len() + auth_c.len(),
            hello_l.len() + admitted.auth_l.len(),
        ),
    }
}

fn body(message: Message, bytes: &[u8]) -> BytesMut {
    let taken = take_message(message, &mut BytesMut::from(bytes));
    taken.expect("well-formed").expect("whole")
}

impl Session {
    fn tickets(&self) -> Ticket {
        let [c, l] = [&self.connector, &self.listener]
            .map(|side| side.ticket().expect("verified by a code").clone());
        (c, l)
    }

    /// So many lines in one write of the connector, read by the listener.
    fn say(&mut self, lines: u32) {
        let line = "x".repeat(LINE);
        let (mut wire, mut answers) = (BytesMut::new(), BytesMut::new());
        for _ in 0..lines {
            self.connector
                .send(&line, 0, &mut UnwrapErr(SysRng), &mut wire)
                .expect("it is open");
        }
        while let Some(token) = take_record(&mut wire).expect("a record") {
            let rng = &mut UnwrapErr(SysRng);
            let received = self.listener.receive(&token, 0, rng, &mut answers);
            received.expect("nobody forged it");
            while self.listener.poll().is_some() {}
        }
    }

    /// What goes over the wire, and what the specification says of it.
    fn sizes(mut self) -> [(&'static str, usize, usize); 4] {
        let mut record = |length: usize| {
            let mut wire = BytesMut::new();
            let payload = "x".repeat(length);
            self.connector
                .send(&payload, 0, &mut UnwrapErr(SysRng), &mut wire)
                .expect("it is open");
            wire.len()
        };
        [
            ("handshake, connector to listener", self.handshake.0, 1372),
            ("handshake, listener to connector", self.handshake.1, 1228),
            ("a line of 200 B", record(200), 400),
            ("a line of 900 B", record(900), 1424),
        ]
    }
}

/// Nanoseconds of processor time for each of `count` calls.
fn per(count: u32, mut work: impl FnMut()) -> f64 {
    let before = processor_time();
    for _ in 0..count {
        work();
    }
    (processor_time() - before) / f64::from(count)
}

fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn timed(what: &str, value: f64, unit: &str, must: f64) {
    let ours = format!("{value:.2} {unit}");
    row(what, &ours, &must.to_string(), verdict(value <= must));
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

fn row(figure: &str, ours: &str, must: &str, verdict: &str) {
    println!("    {figure:<50} {ours:>11} {must:>7}  {verdict}");
}
