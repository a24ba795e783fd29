//! `p2p-chat doctor`: what can reach this computer, and why not.
//!
//! It starts transport, which listens for a moment, and nat-helper, which asks the router and opens
//! a port for a moment. What the router's answers mean is nat-helper's to judge; [`report`] puts all
//! of it into words, and is pure.

mod ask;
pub(crate) mod computer;
mod report;
mod trial;

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use p2p_chat_protocol::nat::{NatEvent, NatRequest, PortMapped, Probed, Reach};
use p2p_chat_protocol::transport::{Auth, Listen, TransportEvent, TransportRequest};
use p2p_chat_protocol::{DEFAULT_PORT, Refusal, Role};

use crate::locate::{self, PluginChoice, Program};
use ask::Plugin;
use report::Findings;

/// What to examine.
#[derive(Args, Clone, Debug)]
pub(crate) struct Doctor {
    /// The port that a chat would wait on
    #[arg(default_value_t = DEFAULT_PORT, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// Write one JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// Examines, and says what it found on stdout.
pub(crate) fn run(doctor: &Doctor, plugins: &PluginChoice) -> Result<ExitCode, String> {
    let programs = locate::locate_all(plugins)?;
    let runtime = p2p_chat_plugin::runtime().map_err(|e| format!("cannot start: {e}"))?;
    let findings = runtime.block_on(async {
        let (listening, asked) = tokio::join!(
            listen(&programs.transport),
            ask_router(&programs.nat_helper)
        );
        let (probed, mapping) = asked?;
        Ok::<_, String>(Findings {
            port: doctor.port,
            probed,
            mapping,
            listening: listening?,
            computer: computer::look(),
        })
    })?;
    let text = match doctor.json {
        true => format!("{}\n", findings.json()),
        false => findings.words(),
    };
    // A reader that left is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(ExitCode::from(findings.code()))
}

/// Listens for a moment: the addresses of this computer, or why it cannot.
async fn listen(transport: &Program) -> Result<Result<Vec<String>, String>, String> {
    let mut plugin = Plugin::start(Role::Transport, transport).await?;
    let request = TransportRequest::Listen(Listen {
        port: 0,
        bind: None,
        auth: Auth::code(None),
    });
    let listening = match plugin.ask(&request).await? {
        TransportEvent::Listening(listening) => Ok(listening.own_addresses),
        TransportEvent::Error(refusal) => Err(refusal.message),
        _ => Err("transport gave an answer to something else".to_owned()),
    };
    plugin.end().await;
    Ok(listening)
}

/// What came of opening a port: none where that was not tried.
type Trial = Option<Result<PortMapped, Refusal>>;

/// Asks the router, and opens a port of it for a moment.
async fn ask_router(nat_helper: &Program) -> Result<(Probed, Trial), String> {
    let mut plugin = Plugin::start(Role::NatHelper, nat_helper).await?;
    let probed = match plugin.ask(&NatRequest::Probe).await? {
        NatEvent::Probed(probed) => probed,
        NatEvent::Error(refusal) => return Err(refusal.message),
        _ => return Err("nat-helper gave an answer to something else".to_owned()),
    };
    let in_vain = matches!(
        probed.reach,
        Reach::NoRouter | Reach::NoNetwork | Reach::Direct
    );
    let trial = match in_vain {
        true => None,
        false => {
            let by_ipv6 = probed.ipv6_method.is_some();
            Some(trial::open_and_close(&mut plugin, by_ipv6).await?)
        }
    };
    plugin.end().await;
    Ok((probed, trial))
}
