//! The task of one run, from the plugin's hello to its end.

use std::sync::Arc;

use p2p_chat_plugin::Pipe;
use p2p_chat_protocol::{Role, Welcome};
use tokio::sync::mpsc;

use crate::greeting::greet;
use crate::life::{End, Event, Life};
use crate::talk::talk;

/// Greets the plugin, passes lines until it is gone, and tells its end.
pub(crate) async fn live(
    mut life: Life,
    role: Role,
    mut pipe: Pipe,
    welcome: Welcome,
    mut chunks: mpsc::Receiver<Vec<u8>>,
) {
    let kill = Arc::clone(&life.kill);
    let ended = || Err("it was ended before it said hello".to_owned());
    let hello = tokio::select! {
        hello = greet(&mut pipe, role, welcome) => hello,
        () = kill.notified() => ended(),
        // Nothing is said to a plugin before its hello: this is the end of what there is to say.
        _ = chunks.recv() => ended(),
    };
    let greeted = hello.is_ok();
    let code = match hello {
        Ok(()) => {
            let _ = life.tell.send(Event::Ready).await;
            let (reader, sink) = pipe.into_parts();
            talk(&mut life, reader, sink, chunks).await
        }
        Err(failure) => {
            drop(pipe);
            life.reap(failure).await
        }
    };
    if code != Some(0) {
        life.kill_group();
    }
    let reason = life.failure.take().unwrap_or_else(|| match code {
        Some(code) => format!("it ended with code {code}"),
        None => "it was killed by a signal".to_owned(),
    });
    let ended = Event::Ended(End {
        code,
        reason,
        greeted,
    });
    let _ = life.tell.send(ended).await;
}
