//! The end of stdin is the only stop.

use p2p_chat_protocol::Role;

use super::subject::Subject;
use super::{events, requests};

/// It ends when it was welcomed and nothing else happened.
pub(super) async fn ends(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    ends_in_order(subject).await
}

/// It ends in the middle of something.
pub(super) async fn ends_when_active(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    match subject.role {
        Role::Ui => events::begin_chat(subject).await?,
        Role::Transport | Role::NatHelper => requests::begin_something(subject).await?,
    }
    subject.prove_alive().await?;
    ends_in_order(subject).await
}

async fn ends_in_order(subject: &mut Subject) -> Result<(), String> {
    let status = subject.end().await?;
    if status.success() {
        return Ok(());
    }
    Err(subject.describe_end().await)
}

/// Its stdout ends with it: no child of its own holds it.
pub(super) async fn closes_stdout(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    // How it ends is for the other checks.
    if subject.end().await.is_ok() && !subject.stdout_has_ended().await {
        return Err("its stdout was still open 2 s after its end".to_owned());
    }
    Ok(())
}
