//! What a thief finds who copies the memory of a process with both sides of a session in it. The
//! process is this test, run once more; the keys are computed out here, from the same draws.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::kdf::{extract, th};
use crate::kem::KeyPair;
use crate::testing::Dice;
use crate::testing::pair::{meet_through, say, tickets};
use crate::{Channel, Message};

const NAME: &str = "channel::tests::memory::the_keys_of_what_was_said_are_in_no_memory_any_more";
/// The process to look into knows by this variable that it is the one.
const INSIDE: &str = "P2P_CHAT_TEST_INSIDE";
const READY: &str = "looked into from here on";
/// For a process to start, and for a handshake on a busy computer.
const PATIENCE: Duration = Duration::from_secs(60);
const SEED: u64 = 7;
/// Two records each.
const ROUNDS: usize = 20;

/// Always the same session, and its two HELLOs.
fn resumed() -> (Met, [Vec<u8>; 2]) {
    let [connectors, listeners] = tickets();
    let mut gate = Gate::with_tickets_only();
    gate.set_tickets([listeners]);
    let mut hellos = [Vec::new(), Vec::new()];
    let met = meet_through(
        Proof::Ticket(connectors),
        &mut gate,
        0,
        SEED,
        |of, body| match of {
            Message::HelloC => hellos[0].clone_from(body),
            Message::HelloL => hellos[1].clone_from(body),
            Message::AuthC | Message::AuthL => {}
        },
    );
    (met.unwrap(), hellos)
}

/// Says something both ways; `before` looks at the session each time.
fn talk(met: &mut Met, mut before: impl FnMut(&Met)) {
    for _ in 0..ROUNDS {
        before(met);
        let (c, l) = (&mut met.connector, &mut met.listener);
        say(c, l, "carrots are on sale", 0);
        say(l, c, "I do not care", 0);
    }
}

fn chain_keys(side: &Channel) -> [[u8; 32]; 2] {
    [side.sending.peek().1, side.receiving.peek().1]
}

/// What all keys of that session came from.
fn prk([hello_c, hello_l]: &[Vec<u8>; 2]) -> [u8; 32] {
    let dice = &mut Dice::new(SEED);
    rand_core::Rng::fill_bytes(dice, &mut [0; 32]);
    let ct = hello_l[40..1160].try_into().unwrap();
    let ss = KeyPair::generate(dice).decapsulate(ct).unwrap();
    let auth = tickets()[0].clone();
    let th1 = th(&[b"P2PC/1 hello", hello_c, hello_l]);
    *extract(&th1, &[&ss.0[..], auth.secret()]).0
}

/// Talks, then waits to be looked into.
fn inside() {
    let (mut met, _) = resumed();
    talk(&mut met, |_| {});
    println!("{READY}");
    // Ends with whoever looks.
    let _ = std::io::stdin().read(&mut [0]);
    drop(met);
}

/// Ends with the test.
struct Victim(Child);

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Victim {
    fn start() -> Self {
        // One thread: then the test runs on the main one, whose stack is in the picture too.
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture", "--test-threads=1"])
            .env(INSIDE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut victim = Self(child.unwrap());
        let lines = BufReader::new(victim.0.stdout.take().unwrap()).lines();
        let (ready, is_ready) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let said = lines.map_while(Result::ok).any(|line| line.contains(READY));
            let _ = ready.send(said);
        });
        assert_eq!(is_ready.recv_timeout(PATIENCE), Ok(true));
        victim
    }

    /// All memory that can be written to.
    fn memory(&self) -> Vec<Vec<u8>> {
        let folder = format!("/proc/{}", self.0.id());
        let memory = std::fs::File::open(format!("{folder}/mem"));
        let memory = memory.expect("a process may look into those it started");
        let maps = std::fs::read_to_string(format!("{folder}/maps")).unwrap();
        let regions = maps.lines().filter(|region| region.contains(" rw"));
        let read = |region: &str| {
            let (from, to) = region.split(' ').next()?.split_once('-')?;
            let from = u64::from_str_radix(from, 16).ok()?;
            let to = u64::from_str_radix(to, 16).ok()?;
            let mut bytes = vec![0; (to - from) as usize];
            memory.read_exact_at(&mut bytes, from).ok()?;
            Some(bytes)
        };
        regions.filter_map(read).collect()
    }
}

fn count(memory: &[Vec<u8>], secret: &[u8; 32]) -> usize {
    let places = memory.iter().flat_map(|region| region.windows(32));
    places.filter(|place| place == secret).count()
}

/// How often one of these keys' halves is found: what signs or what encrypts.
fn count_halves(memory: &[Vec<u8>], keys: &[[u8; 32]]) -> usize {
    let halves: HashSet<&[u8]> = keys.iter().flat_map(|key| key.chunks(16)).collect();
    let mut begins = [false; 256];
    for half in &halves {
        begins[usize::from(half[0])] = true;
    }
    let places = memory.iter().flat_map(|region| region.windows(16));
    let likely = places.filter(|place| begins[usize::from(place[0])]);
    likely.filter(|place| halves.contains(place)).count()
}

#[test]
fn the_keys_of_what_was_said_are_in_no_memory_any_more() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let (mut met, hellos) = resumed();
    let (prk, first) = (prk(&hellos), chain_keys(&met.connector));
    let mut records = Vec::new();
    talk(&mut met, |met| {
        let keys = [&met.connector, &met.listener].map(|side| side.sending.peek().2);
        records.extend(keys);
    });
    let now = chain_keys(&met.connector);

    let memory = Victim::start().memory();
    let found = |secret| count(&memory, secret);
    // In use, once on each side: it is the right session, and the right way to look.
    assert_eq!(now.each_ref().map(found), [2, 2]);
    assert_eq!(found(&met.connector.root.0), 2);
    assert_eq!(first.each_ref().map(found), [0, 0]);
    assert_eq!(found(&prk), 0);
    // Of records, all but the last: what worked with its key did so on the stack, where the next
    // one will.
    records.pop();
    assert_eq!(count_halves(&memory, &records), 0);
}
