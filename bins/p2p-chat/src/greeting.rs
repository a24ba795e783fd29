//! The first line of each side: hello in, welcome out.

use p2p_chat_plugin::{HELLO_TIMEOUT, Pipe};
use p2p_chat_protocol::{ErrorCode, Greeting, Hello, Refusal, Role, VERSION, Welcome, read};
use tokio::time::timeout;

/// Waits for a plugin's hello and welcomes it; else says what is wrong with it.
pub(crate) async fn greet(pipe: &mut Pipe, role: Role, welcome: Welcome) -> Result<(), String> {
    timeout(HELLO_TIMEOUT, exchange(pipe, role, welcome))
        .await
        .unwrap_or_else(|_| {
            let seconds = HELLO_TIMEOUT.as_secs();
            Err(format!("it did not say hello within {seconds} s"))
        })
}

async fn exchange(pipe: &mut Pipe, role: Role, welcome: Welcome) -> Result<(), String> {
    let line = pipe.reader.next().await.map_err(|e| e.to_string())?;
    let line = line.ok_or("it ended before it said hello")?;
    let hello = match read(&line).map(|received| received.message) {
        Ok(Greeting::Hello(hello)) => hello,
        Ok(_) | Err(_) => return Err("its first line on stdout is no hello".to_owned()),
    };
    let answer = match check(&hello, role) {
        Ok(()) => Greeting::Welcome(welcome),
        Err(refusal) => Greeting::Error(refusal),
    };
    pipe.writer.event(&answer);
    let heard = pipe.writer.flush().await;
    heard.map_err(|_| "it closed its stdin before it was welcomed")?;
    match answer {
        Greeting::Error(refusal) => Err(refusal.message),
        _ => Ok(()),
    }
}

fn check(hello: &Hello, role: Role) -> Result<(), Refusal> {
    if hello.protocol != VERSION {
        let sentence = format!(
            "it speaks protocol {}, this program speaks {VERSION}",
            hello.protocol
        );
        return Err(Refusal::new(ErrorCode::UnsupportedProtocol, sentence));
    }
    if hello.role != role {
        let sentence = format!("it is a {}, and was started as the {role}", hello.role);
        return Err(Refusal::new(ErrorCode::WrongRole, sentence));
    }
    Ok(())
}
