//! What the product is while nothing happens, with its own transport; and how the original
//! program's wire does.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::drive::{Burst, burst, paced};
use crate::end::End;
use crate::processes::{Process, family};
use crate::round::percentile;
use crate::systems::{Programs, System, hand_over_code};

/// So many chats, since what is in memory already differs a little from one to the next.
const LOOKS: usize = 3;

/// Idle for this long: a timer that runs every few seconds is seen.
const IDLE: Duration = Duration::from_secs(10);

/// A connection's first moments are not idle.
const SETTLED: Duration = Duration::from_secs(1);

/// The legacy wire carries about ten texts a second.
const LEGACY_TEXTS: usize = 20;

/// The four programs of the product.
const BINARIES: [&str; 4] = ["p2p-chat", "ui", "transport", "nat-helper"];

/// Four processes of a listener in a chat.
pub(crate) struct Standing {
    pub(crate) rss: f64,
    pub(crate) pss: f64,
    pub(crate) switches_a_second: f64,
    /// The most threads of a process that is not the ui, and the ui's.
    pub(crate) threads: f64,
    pub(crate) ui_threads: f64,
    /// MB of all binaries together.
    pub(crate) binaries: f64,
}

/// Medians of several looks.
pub(crate) fn look(programs: &Programs) -> Result<Standing, String> {
    let looks = (0..LOOKS).map(|_| look_at_one(programs));
    let looks: Vec<Standing> = looks.collect::<Result<_, _>>()?;
    let median = |of: fn(&Standing) -> f64| percentile(looks.iter().map(of).collect(), 0.5);
    Ok(Standing {
        rss: median(|look| look.rss),
        pss: median(|look| look.pss),
        switches_a_second: median(|look| look.switches_a_second),
        threads: median(|look| look.threads),
        ui_threads: median(|look| look.ui_threads),
        binaries: median(|look| look.binaries),
    })
}

/// Starts a chat whose listener has asked its router in vain, and looks at the listener.
fn look_at_one(programs: &Programs) -> Result<Standing, String> {
    let mut listener = End::start(&mut programs.p2p_chat(&["listen", "0"]))?;
    let address = listener.output.expect("[*] Listening on ")?;
    let port = address.rsplit(':').next().unwrap_or_default();
    let peer = format!("127.0.0.1:{port}");
    let mut connector = End::start(&mut programs.p2p_chat(&["connect", &peer]))?;
    // The code is shown when the router has not answered.
    hand_over_code(&mut listener, &mut connector)?;
    connector.output.expect("[*] Chat started")?;
    listener.output.expect("[*] Chat started")?;
    thread::sleep(SETTLED);
    let processes = family(listener.pid());
    let names: Vec<&str> = processes.iter().map(|process| &*process.name).collect();
    if names.len() != BINARIES.len() {
        return Err(format!("the listener has these processes: {names:?}"));
    }
    let memory = |kind: usize| processes.iter().map(|process| process.memory()[kind]).sum();
    let threads = |of_ui: bool| {
        let chosen = processes
            .iter()
            .filter(|process| (process.name == "ui") == of_ui);
        chosen.map(Process::threads).fold(0.0, f64::max)
    };
    let switches = || processes.iter().map(Process::context_switches).sum::<f64>();
    let before = switches();
    thread::sleep(IDLE);
    let switches_a_second = (switches() - before) / IDLE.as_secs_f64();
    Ok(Standing {
        rss: memory(0),
        pss: memory(1),
        switches_a_second,
        threads: threads(false),
        ui_threads: threads(true),
        binaries: binaries(programs)?,
    })
}

fn binaries(programs: &Programs) -> Result<f64, String> {
    let mut bytes = 0;
    for name in BINARIES {
        let file = programs.folder.join(name);
        let size = fs::metadata(&file).map(|metadata| metadata.len());
        bytes += size.map_err(|e| format!("how large is {}? {e}", file.display()))?;
    }
    Ok(bytes as f64 / 1e6)
}

/// How the original program's wire does, in a sentence.
pub(crate) fn legacy_wire(programs: &Programs) -> Result<String, String> {
    let mut pair = System::Legacy.pair(programs)?;
    let one_way = percentile(paced(&mut pair, LEGACY_TEXTS)?, 0.5);
    let Burst {
        arrived,
        per_second,
    } = burst(&mut pair, LEGACY_TEXTS)?;
    Ok(format!(
        "--insecure-legacy, which keeps texts 100 ms apart: one way p50 {one_way:.1} ms;\n\
         {arrived} of {LEGACY_TEXTS} texts in a burst arrived, {per_second:.1} a second."
    ))
}
