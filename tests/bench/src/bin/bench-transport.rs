//! A transport for measuring what p2p-chat does apart from the wire: it speaks the plugin
//! protocol, and its wire is payloads with their length before them, without any encryption.
//! **Never for a chat**: everybody can read along.
//!
//! It meets one peer in its life. Start reading at [`run`].

use std::io;
use std::process::ExitCode;

use bytes::{Buf, BytesMut};
use p2p_chat_plugin::{Identity, Inbox, Incoming, LineReader, LineWriter, Pipe, Sink, Source};
use p2p_chat_protocol::transport::{
    DisconnectReason, Listening, PeerDisconnected, Received, TransportEvent, TransportRequest,
};
use p2p_chat_protocol::ui::{Direction, PeerConnected, Verification};
use p2p_chat_protocol::{ErrorCode, MAX_LINE, Payload, Refusal, Role};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// The bytes before a payload.
const LENGTH: usize = size_of::<u32>();

/// One read takes at most this much, as on the pipes.
const READ_SIZE: usize = 65_536;

fn main() -> ExitCode {
    let identity = Identity {
        role: Role::Transport,
        name: "bench-transport",
        version: env!("CARGO_PKG_VERSION"),
        summary: "carries payloads without any protection, for measurements.",
    };
    p2p_chat_plugin::run(&identity, |_welcome, pipe| run(pipe))
}

async fn run(mut pipe: Pipe) -> io::Result<()> {
    let mut inbox = Inbox::default();
    let Some((stream, direction)) = meet(&mut pipe, &mut inbox).await? else {
        return Ok(());
    };
    stream.set_nodelay(true)?;
    pipe.writer
        .event(&TransportEvent::PeerConnected(PeerConnected {
            address: stream.peer_addr()?.to_string(),
            local_address: stream.local_addr()?.to_string(),
            direction,
            verification: Verification::Insecure,
            resumed: false,
        }));
    pipe.writer.flush().await?;
    let (reader, sink) = pipe.into_parts();
    let writer = Mutex::new(LineWriter::new(sink));
    let (from_peer, to_peer) = stream.into_split();
    // Both at once, so that two sides that send much at the same time do not wait for each other.
    tokio::select! {
        ended = send_on(reader, inbox, to_peer, &writer) => ended,
        Err(broken) = receive_on(from_peer, &writer) => Err(broken),
    }
}

/// Waits for the one peer; `None` at the end of stdin.
async fn meet(pipe: &mut Pipe, inbox: &mut Inbox) -> io::Result<Option<(TcpStream, Direction)>> {
    while let Some(line) = pipe.reader.next().await? {
        let Incoming::Message(request) = inbox.read(&line) else {
            continue;
        };
        let id = request.id;
        match request.message {
            TransportRequest::Listen(listen) => {
                let ip = listen.bind.as_deref().unwrap_or("127.0.0.1");
                let listener = TcpListener::bind((ip, listen.port)).await?;
                let listening = TransportEvent::Listening(Listening {
                    addresses: vec![listener.local_addr()?.to_string()],
                    own_addresses: Vec::new(),
                    ..Listening::default()
                });
                pipe.writer.reply(id, &listening);
                pipe.writer.flush().await?;
                // Whatever comes now on stdin, its end above all, ends the waiting.
                return tokio::select! {
                    _ = pipe.reader.next() => Ok(None),
                    accepted = listener.accept() => Ok(Some((accepted?.0, Direction::Incoming))),
                };
            }
            TransportRequest::Connect(connect) => {
                pipe.writer.reply(id, &TransportEvent::Ok);
                let addresses = connect.addresses.concat();
                return Ok(Some((
                    TcpStream::connect(addresses).await?,
                    Direction::Outgoing,
                )));
            }
            _ => pipe.writer.reply(id, &unavailable()),
        }
        pipe.writer.flush().await?;
    }
    Ok(None)
}

fn unavailable() -> TransportEvent {
    let sentence = "The bench transport listens or connects once, and sends.";
    TransportEvent::Error(Refusal::new(ErrorCode::Unavailable, sentence))
}

/// Sends what stdin asks for, a batch with one write, until stdin ends.
async fn send_on(
    mut reader: LineReader<Source>,
    mut inbox: Inbox,
    mut to_peer: OwnedWriteHalf,
    writer: &Mutex<LineWriter<Sink>>,
) -> io::Result<()> {
    let mut frames = Vec::new();
    let mut replies = Vec::new();
    while let Some(first) = reader.next().await? {
        let mut next = Some(first);
        while let Some(line) = next {
            if let Incoming::Message(request) = inbox.read(&line) {
                let event = match request.message {
                    TransportRequest::Send(send) => {
                        put_frame(&mut frames, &send.payload);
                        TransportEvent::Ok
                    }
                    TransportRequest::Disconnect => {
                        to_peer.shutdown().await?;
                        TransportEvent::Ok
                    }
                    _ => unavailable(),
                };
                replies.push((request.id, event));
            }
            next = reader.buffered()?;
        }
        // A peer that is gone is told by the other direction.
        let _ = to_peer.write_all(&frames).await;
        frames.clear();
        let mut writer = writer.lock().await;
        for (id, event) in replies.drain(..) {
            writer.reply(id, &event);
        }
        writer.flush().await?;
    }
    Ok(())
}

fn put_frame(frames: &mut Vec<u8>, payload: &Payload) {
    let json = payload.0.get().as_bytes();
    let length = u32::try_from(json.len()).expect("a line is far shorter");
    frames.extend_from_slice(&length.to_be_bytes());
    frames.extend_from_slice(json);
}

/// Tells what the peer sends, and its end; returns only where stdout breaks.
async fn receive_on(
    mut from_peer: OwnedReadHalf,
    writer: &Mutex<LineWriter<Sink>>,
) -> io::Result<()> {
    let mut bytes = BytesMut::new();
    let reason = loop {
        bytes.reserve(READ_SIZE);
        match from_peer.read_buf(&mut bytes).await {
            Ok(0) => break DisconnectReason::Left,
            Err(_) => break DisconnectReason::Cut,
            Ok(_) => {}
        }
        let mut writer = writer.lock().await;
        loop {
            match take_frame(&mut bytes) {
                Ok(Some(payload)) => {
                    writer.event(&TransportEvent::Received(Received { payload }));
                }
                Ok(None) => break,
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        writer.flush().await?;
    };
    let mut writer = writer.lock().await;
    let gone = PeerDisconnected { reason };
    writer.event(&TransportEvent::PeerDisconnected(gone));
    writer.flush().await?;
    drop(writer);
    std::future::pending().await
}

/// The next whole payload.
fn take_frame(bytes: &mut BytesMut) -> Result<Option<Payload>, serde_json::Error> {
    let Some(length) = bytes.first_chunk::<LENGTH>() else {
        return Ok(None);
    };
    // A longer one would make too long a line; cut short, it is no JSON.
    let length = (u32::from_be_bytes(*length) as usize).min(MAX_LINE);
    if bytes.len() < LENGTH + length {
        return Ok(None);
    }
    bytes.advance(LENGTH);
    serde_json::from_slice(&bytes.split_to(length)).map(Some)
}
