//! What a reader of the pipe must put up with.

use p2p_chat_protocol::{MAX_LINE, Role};

use super::grease::Dose;
use super::requests::unasked;
use super::subject::{PLAIN, Style, Subject};

/// As often is something unknown said: enough to meet most kinds of it.
const ROUNDS: usize = 20;

/// Unknown fields, in the welcome as well. From here on some are in all that is said.
pub(super) async fn unknown_fields(subject: &mut Subject) -> Result<(), String> {
    subject.grease.fields = Dose::Always;
    let outcome = endures(subject, PLAIN).await;
    subject.grease.fields = lasting_dose(&outcome);
    outcome
}

/// Unknown messages without an id. From here on some are between all that is said.
pub(super) async fn unknown_types(subject: &mut Subject) -> Result<(), String> {
    subject.grease.types = Dose::Always;
    let outcome = endures(subject, PLAIN)
        .await
        .and_then(|()| match unasked(subject, &[]) {
            Some(answer) => Err(format!("it answered {answer}")),
            None => Ok(()),
        });
    subject.grease.types = lasting_dose(&outcome);
    outcome
}

/// What was not endured has been said once, and must not fail the other checks as well.
fn lasting_dose(outcome: &Result<(), String>) -> Dose {
    match outcome {
        Ok(()) => Dose::Sometimes,
        Err(_) => Dose::Never,
    }
}

pub(super) async fn carriage_returns(subject: &mut Subject) -> Result<(), String> {
    let style = Style {
        line_end: "\r\n",
        ..PLAIN
    };
    endures(subject, style).await
}

pub(super) async fn byte_order_mark(subject: &mut Subject) -> Result<(), String> {
    let style = Style {
        opening: "\u{feff}",
        ..PLAIN
    };
    endures(subject, style).await
}

async fn endures(subject: &mut Subject, style: Style) -> Result<(), String> {
    subject.start_as(style).await?;
    for _ in 0..ROUNDS {
        subject.pulse().await?;
    }
    subject.prove_alive().await
}

pub(super) async fn blank_lines(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    subject.write("\n  \n\n").await?;
    subject.prove_alive().await
}

/// The longest line there may be. JSON allows spaces before the closing brace, so nothing in it is
/// unknown.
pub(super) async fn long_lines(subject: &mut Subject) -> Result<(), String> {
    subject.start().await?;
    let message = match subject.role {
        Role::Ui => r#"{"type":"notice","level":"debug","text":"x""#,
        Role::Transport => r#"{"type":"stop_listening""#,
        Role::NatHelper => r#"{"type":"unmap_port","port":8080"#,
    };
    let spaces = " ".repeat(MAX_LINE - message.len() - 1);
    subject.write(format!("{message}{spaces}}}\n")).await?;
    subject.prove_alive().await
}
