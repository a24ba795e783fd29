//! Two sides that meet in memory.

use bytes::BytesMut;

use crate::testing::Dice;
use crate::{
    Admission, AwaitAuthC, AwaitAuthL, Channel, Code, Cut, Event, Gate, HandshakeError, Message,
    Proof, Refused, Ticket, TicketRole, connect, take_message, take_record,
};

pub(crate) fn code() -> Code {
    Code::parse("carrot-lemon-koala").unwrap()
}

pub(crate) fn wrong_code() -> Code {
    Code::parse("carrot-lemon-zucchini").unwrap()
}

/// The one message that `bytes` are.
pub(crate) fn body(message: Message, bytes: &[u8]) -> Vec<u8> {
    let mut buffer = BytesMut::from(bytes);
    let body = take_message(message, &mut buffer).unwrap().unwrap();
    assert!(buffer.is_empty());
    body.to_vec()
}

/// Both ends of a handshake that ran to its end.
pub(crate) struct Met {
    pub(crate) connector: Channel,
    pub(crate) listener: Channel,
}

/// A handshake that nobody disturbs.
pub(crate) fn meet(proof: Proof, gate: &mut Gate, now_ms: u64, seed: u64) -> Met {
    meet_through(proof, gate, now_ms, seed, |_, _| {}).unwrap()
}

/// A handshake whose bodies pass through `network`.
pub(crate) fn meet_through(
    proof: Proof,
    gate: &mut Gate,
    now_ms: u64,
    seed: u64,
    mut network: impl FnMut(Message, &mut Vec<u8>),
) -> Result<Met, HandshakeError> {
    let mut half = half_way(proof, gate, now_ms, seed, &mut network)?;
    network(Message::AuthC, &mut half.auth_c);
    let (mut auth_l, admitted) = half.admit(gate, now_ms)?;
    network(Message::AuthL, &mut auth_l);
    admitted.finish(&auth_l, now_ms)
}

/// AUTH_C is under way.
pub(crate) struct HalfWay {
    pub(crate) connector: AwaitAuthL,
    pub(crate) waiting: AwaitAuthC,
    pub(crate) auth_c: Vec<u8>,
    dice: (Dice, Dice),
}

/// AUTH_L is under way.
pub(crate) struct Admitted {
    connector: AwaitAuthL,
    pub(crate) listener: Channel,
    dice: Dice,
}

/// Lets a handshake run until the connector has sent AUTH_C.
pub(crate) fn half_way(
    proof: Proof,
    gate: &mut Gate,
    now_ms: u64,
    seed: u64,
    mut network: impl FnMut(Message, &mut Vec<u8>),
) -> Result<HalfWay, HandshakeError> {
    let (mut dice_c, mut dice_l) = (Dice::new(seed), Dice::new(seed + 1_000_000));
    let mut carry = |message, bytes: Vec<u8>| {
        let mut body = body(message, &bytes);
        network(message, &mut body);
        body
    };
    let (sent, connector) = connect(proof, &mut dice_c).expect("a ticket of role connector");
    let hello_c = carry(Message::HelloC, sent);
    let (sent, waiting) = gate.answer(&hello_c, now_ms, &mut dice_l)?;
    let hello_l = carry(Message::HelloL, sent);
    let received = connector.receive(&hello_l);
    let (sent, connector) = received.map_err(|Refused { error, .. }| error)?;
    Ok(HalfWay {
        connector,
        waiting,
        auth_c: body(Message::AuthC, &sent),
        dice: (dice_c, dice_l),
    })
}

impl HalfWay {
    /// AUTH_C arrives.
    pub(crate) fn admit(
        self,
        gate: &mut Gate,
        now_ms: u64,
    ) -> Result<(Vec<u8>, Admitted), HandshakeError> {
        let (dice, mut dice_l) = self.dice;
        let Admission {
            auth_l, channel, ..
        } = gate.admit(self.waiting, &self.auth_c, now_ms, &mut dice_l)?;
        let admitted = Admitted {
            connector: self.connector,
            listener: channel,
            dice,
        };
        Ok((body(Message::AuthL, &auth_l), admitted))
    }
}

impl Admitted {
    /// AUTH_L arrives.
    pub(crate) fn finish(mut self, auth_l: &[u8], now_ms: u64) -> Result<Met, HandshakeError> {
        let connector = self.connector.receive(auth_l, now_ms, &mut self.dice)?;
        Ok(Met {
            connector,
            listener: self.listener,
        })
    }
}

/// The connector's ticket, ready to be used.
pub(crate) fn proof_of(channel: &Channel) -> Proof {
    assert!(channel.role() == TicketRole::Connector);
    Proof::Ticket(channel.ticket().unwrap().clone())
}

/// A ticket pair nobody derived.
pub(crate) fn tickets() -> [Ticket; 2] {
    [TicketRole::Connector, TicketRole::Listener]
        .map(|role| Ticket::new([1; 16], &[2; 64], role, crate::Verification::Code))
}

/// Delivers all records in `bytes` to `to`; what it answers.
pub(crate) fn deliver(
    to: &mut Channel,
    bytes: &mut BytesMut,
    now_ms: u64,
) -> Result<BytesMut, Cut> {
    let mut answer = BytesMut::new();
    let mut dice = Dice::new(now_ms);
    while let Some(token) = take_record(bytes).unwrap() {
        to.receive(&token, now_ms, &mut dice, &mut answer)?;
    }
    Ok(answer)
}

/// Carries records to and fro until both sides are silent. `first` is on its way to `to`.
pub(crate) fn exchange(
    from: &mut Channel,
    to: &mut Channel,
    mut first: BytesMut,
    now_ms: u64,
) -> Result<(), Cut> {
    let mut back;
    while !first.is_empty() {
        back = deliver(to, &mut first, now_ms)?;
        first = deliver(from, &mut back, now_ms)?;
    }
    Ok(())
}

/// All events there are, in short.
pub(crate) fn events(channel: &mut Channel) -> Vec<String> {
    std::iter::from_fn(|| channel.poll())
        .map(|event| match event {
            Event::Confirmed => "confirmed".into(),
            Event::Received(payload) => payload,
            Event::Verified(_) => "verified".into(),
            Event::NextTicket(_) => "next ticket".into(),
            Event::KeysChanged { epoch, .. } => format!("keys changed {epoch}"),
            Event::Closing(reason) => format!("closing {reason:?}"),
            Event::WrongWords => "wrong words".to_owned(),
            Event::Closed(reason) => format!("closed {reason:?}"),
        })
        .collect()
}

/// Lets the gate follow its channel; what happened, in short.
pub(crate) fn follow(gate: &mut Gate, channel: &mut Channel) {
    while let Some(event) = channel.poll() {
        gate.follow(&event);
    }
}

/// What `from` says arrives.
pub(crate) fn say(from: &mut Channel, to: &mut Channel, text: &str, now_ms: u64) {
    let mut sent = BytesMut::new();
    from.send(text, now_ms, &mut Dice::new(1), &mut sent)
        .unwrap();
    exchange(from, to, sent, now_ms).unwrap();
    let heard = events(to);
    assert!(heard.iter().any(|heard| heard == text), "{heard:?}");
}
