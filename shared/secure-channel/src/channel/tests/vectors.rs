//! The test vectors in tests/vectors: for each mode a handshake, records, a rekey and records, with
//! every value in between. They are checked against what goes over the wire here; with
//! `P2P_CHAT_WRITE_VECTORS=1` they are written anew.

use serde_json::{Value, json};

use super::*;
use crate::cpace::{Sent, Share, isk};
use crate::kdf::{extract, okm, th};
use crate::kem::{KeyPair, encapsulate};
use crate::record::kind;
use crate::secret::Secret;
use crate::testing::pair::{body, code, tickets};
use crate::testing::{Script, Vectors, hex};
use crate::{Message, TicketRole, connect, take_record};

const CI: &[u8] = b"P2PC/1 connector>listener";

/// What would come from the generator of the OS: `count` bytes that count up from `first`.
fn drawn(first: u8, count: u8) -> Vec<u8> {
    (0..count).map(|n| first.wrapping_add(n)).collect()
}

/// One side's draws, in their order.
fn draws(first: u8, lengths: &[u8]) -> Vec<Vec<u8>> {
    let nth = |(n, &length): (usize, &u8)| drawn(first + 0x20 * n as u8, length);
    lengths.iter().enumerate().map(nth).collect()
}

/// A session as it went over the wire.
struct Wire {
    hello_c: Vec<u8>,
    hello_l: Vec<u8>,
    auth_c: Vec<u8>,
    auth_l: Vec<u8>,
    met: Met,
}

/// A handshake with exactly these draws.
fn handshake(proof: Proof, gate: &mut Gate, of_c: &[Vec<u8>], of_l: &[Vec<u8>]) -> Wire {
    let (mut of_c, mut of_l) = (Script::new(of_c.to_vec()), Script::new(of_l.to_vec()));
    let (sent, waiting_c) = connect(proof, &mut of_c).unwrap();
    let hello_c = body(Message::HelloC, &sent);
    let (sent, waiting_l) = gate.answer(&hello_c, 0, &mut of_l).unwrap();
    let hello_l = body(Message::HelloL, &sent);
    let Ok((sent, waiting_c)) = waiting_c.receive(&hello_l) else {
        panic!("refused");
    };
    let auth_c = body(Message::AuthC, &sent);
    let admission = gate.admit(waiting_l, &auth_c, 0, &mut of_l).unwrap();
    let auth_l = body(Message::AuthL, &admission.auth_l);
    let connector = waiting_c.receive(&auth_l, 0, &mut of_c).unwrap();
    assert!(of_c.is_over() && of_l.is_over());
    let listener = admission.channel;
    let met = Met {
        connector,
        listener,
    };
    Wire {
        hello_c,
        hello_l,
        auth_c,
        auth_l,
        met,
    }
}

/// All of `mode`, computed step by step beside the wire.
fn session_of(mode: u8) -> Value {
    let [connectors, listeners] = tickets();
    let (proof, mut gate) = match mode {
        0 => (Proof::Words, Gate::with_words()),
        1 => (Proof::Code(code()), Gate::with_code(code())),
        _ => (Proof::Ticket(connectors.clone()), Gate::with_tickets_only()),
    };
    gate.set_tickets([listeners]);
    let scalars: &[u8] = if mode == 1 { &[64] } else { &[] };
    let of_c = draws(0x00, &[&[32, 32], scalars].concat());
    let of_l = draws(0x80, &[&[32, 64], scalars].concat());
    let wire = handshake(proof, &mut gate, &of_c, &of_l);
    let Wire {
        hello_c,
        hello_l,
        auth_c,
        auth_l,
        mut met,
    } = wire;

    let (ek, (ct, ss)) = x_wing(&of_c[1], &of_l[1]);
    assert_eq!((&hello_c[56..1272], &hello_l[40..1160]), (&ek[..], &ct[..]));
    let sid = th(&[b"P2PC/1 sid", &hello_c[..1272]]);
    let (auth, of_mode) = match mode {
        0 => (Secret::zero(), json!({})),
        1 => {
            let words = code().words();
            let share = |drawn: &Vec<u8>| {
                Share::draw(
                    words.as_bytes(),
                    CI,
                    &sid,
                    &mut Script::new([drawn.clone()]),
                )
            };
            let (a, b) = (share(&of_c[2]), share(&of_l[2]));
            let k = a.agree(&b.point).unwrap();
            let sent = |share, data| Sent { point: share, data };
            let isk = isk(
                &sid,
                &k,
                sent(&a.point, &hello_c[..1272]),
                sent(&b.point, &hello_l[..1160]),
            );
            let about = json!({
                "code": &*words, "sid": hex(&sid), "Ya": hex(&a.point), "Yb": hex(&b.point),
                "K": hex(&k.0[..]), "isk": hex(&isk.0[..]),
                "drawn_a": hex(&of_c[2]), "drawn_b": hex(&of_l[2]),
            });
            (isk, about)
        }
        _ => {
            let about = json!({
                "resume_id": hex(connectors.id()), "resume_secret": hex(connectors.secret()),
            });
            (Secret::copied(connectors.secret()), about)
        }
    };

    let th1 = th(&[b"P2PC/1 hello", &hello_c, &hello_l]);
    let prk = extract(&th1, &[&ss.0[..], &auth.0[..]]);
    let th2 = th(&[b"P2PC/1 auth", &th1, &of_c[0]]);
    let sas = okm::<16>(&prk, "sas", &th2);
    let words = [TicketRole::Connector, TicketRole::Listener]
        .map(|role| crate::SasWords::new(&sas, role).show().to_owned());
    // Rekeys are for verified sessions.
    met.connector.comparison = None;
    met.listener.comparison = None;
    json!({
        "mode": mode,
        "of_mode": of_mode,
        "connector_draws": { "n_c": hex(&of_c[0]), "x_wing_seed": hex(&of_c[1]) },
        "listener_draws": { "n_l": hex(&of_l[0]), "x_wing_eseed": hex(&of_l[1]) },
        "hello_c": hex(&hello_c), "hello_l": hex(&hello_l),
        "auth_c": hex(&auth_c), "auth_l": hex(&auth_l),
        "ss": hex(&ss.0[..]), "auth": hex(&auth.0[..]),
        "th1": hex(&th1), "prk": hex(&prk.0[..]), "th2": hex(&th2),
        "keys": keys(&prk, &th2),
        "sas": hex(&sas.0[..]), "words": { "connector": words[0], "listener": words[1] },
        "records": records(&mut met),
        "rekey": rekey(&mut met, &okm(&prk, "root", &th2)),
        "records_after": records(&mut met),
    })
}

fn x_wing(seed: &[u8], eseed: &[u8]) -> (Vec<u8>, ([u8; 1120], Secret<32>)) {
    let ek = KeyPair::generate(&mut Script::new([seed.to_vec()])).ek();
    let sealed = encapsulate(&ek, &mut Script::new([eseed.to_vec()]));
    (ek.to_vec(), sealed.unwrap())
}

fn keys(prk: &Secret<32>, context: &[u8; 32]) -> Value {
    let short = |label| hex(&okm::<32>(prk, label, context).0[..]);
    json!({
        "c2l": short("c2l"), "l2c": short("l2c"), "root": short("root"),
        "resume_secret": hex(&okm::<64>(prk, "resume", context).0[..]),
        "resume_id": hex(&okm::<16>(prk, "resume id", context).0[..]),
    })
}

/// Two records of each side: an empty one and a text.
fn records(
    Met {
        connector,
        listener,
    }: &mut Met,
) -> Value {
    let mut all = records_of("connector", connector, listener);
    all.extend(records_of("listener", listener, connector));
    Value::Array(all)
}

fn records_of(name: &str, from: &mut Channel, to: &mut Channel) -> Vec<Value> {
    let text = r#"{"kind":"text","n":1,"text":"hi"}"#;
    let record = |(kind, body): (u8, &str)| {
        let (seq, chain_key, message_key) = from.sending.peek();
        let iv = drawn(seq as u8, 16);
        let mut record = BytesMut::new();
        let sealed = (from.sending).seal(
            kind,
            body.as_bytes(),
            iv.first_chunk().unwrap(),
            &mut record,
        );
        assert!(sealed.is_ok());
        let token = record.split_off(4);
        assert!(to.receiving.open(&token).is_ok());
        json!({
            "from": name, "seq": seq, "type": kind, "body": body, "iv": hex(&iv),
            "chain_key": hex(&chain_key), "message_key": hex(&message_key),
            "token": String::from_utf8(token.to_vec()).unwrap(),
        })
    };
    [(kind::PONG, ""), (kind::DATA, text)].map(record).into()
}

/// A rekey over the wire, and beside it.
fn rekey(
    Met {
        connector,
        listener,
    }: &mut Met,
    root: &Secret<32>,
) -> Value {
    let (seed, eseed) = (drawn(0x10, 32), drawn(0x90, 64));
    let (mut asked, mut answered) = (BytesMut::new(), BytesMut::new());
    // Either side's record takes an IV as well.
    let mut script = Script::new([seed.clone(), drawn(0, 16)]);
    connector.ask_for_rekey(0, &mut script, &mut asked).unwrap();
    assert!(script.is_over());
    let token = take_record(&mut asked).unwrap().unwrap();
    let mut script = Script::new([eseed.clone(), drawn(0, 16)]);
    listener
        .receive(&token, 0, &mut script, &mut answered)
        .unwrap();
    assert!(script.is_over());
    crate::testing::pair::exchange(listener, connector, answered, 0).unwrap();

    let (ek, (ct, ss)) = x_wing(&seed, &eseed);
    let th3 = th(&[b"P2PC/1 rekey", &1_u64.to_be_bytes(), &ek, &ct]);
    let prk = extract(&root.0, &[&ss.0[..]]);
    let secret = okm::<64>(&prk, "resume", &th3);
    assert_eq!(connector.ticket().unwrap().secret(), &*secret.0);
    json!({
        "epoch": 1, "x_wing_seed": hex(&seed), "x_wing_eseed": hex(&eseed),
        "ek": hex(&ek), "ct": hex(&ct), "ss": hex(&ss.0[..]),
        "th3": hex(&th3), "prk": hex(&prk.0[..]), "keys": keys(&prk, &th3),
    })
}

fn path(name: &str) -> String {
    format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn sessions_of_all_modes_agree_with_the_vectors_and_their_tokens_open() {
    for (mode, name) in [(0, "words"), (1, "code"), (2, "resume")] {
        let session = session_of(mode);
        if std::env::var_os("P2P_CHAT_WRITE_VECTORS").is_some() {
            let text = serde_json::to_string_pretty(&session).unwrap() + "\n";
            std::fs::write(path(name), text).unwrap();
        }
        let text = std::fs::read_to_string(path(name)).unwrap();
        let stored: Value = serde_json::from_str(&text).unwrap();
        assert!(stored == session, "{name}.json is of another protocol");

        let stored = Vectors::read(&text);
        for record in stored
            .list("/records")
            .iter()
            .chain(&stored.list("/records_after"))
        {
            let key = Secret::copied(&record.array("/chain_key"));
            let mut chain = crate::chain::Chain::at(key, record.number("/seq"));
            let Ok(opened) = chain.open(record.text("/token").as_bytes()) else {
                panic!("a token of {name}.json does not open");
            };
            assert_eq!(opened.body, record.text("/body").as_bytes());
            assert_eq!(u64::from(opened.kind), record.number("/type"));
        }
    }
}
