//! One round: every system once, in turn, so that what disturbs the computer disturbs them all.

use std::time::Instant;

use crate::drive::{burst, paced, round_trips};
use crate::end::End;
use crate::resume::first_text_after_redial;
use crate::systems::{Pair, Place, Programs, System};

/// Enough that the median of a round does not move.
const ROUND_TRIPS: usize = 2_000;
/// Enough that the 99th percentile is not the worst.
const PACED: usize = 200;
/// The texts of a burst.
pub(crate) const BURST: usize = 100_000;

/// The figures of all rounds; one number a round.
#[derive(Default)]
pub(crate) struct Samples {
    pub(crate) raw: Figures,
    pub(crate) ours: Figures,
    pub(crate) unencrypted: Figures,
    pub(crate) ncat: Figures,
    /// Milliseconds from start to listening, with a router that does not answer.
    pub(crate) start_with_silent_router: Vec<f64>,
    /// The same without asking any router.
    pub(crate) start_without_router: Vec<f64>,
    /// The same with nothing but this computer to reach, and so no router to ask.
    pub(crate) start_without_route: Vec<f64>,
    /// Milliseconds from `/quit` to the end of the program, in a chat.
    pub(crate) quit_chatting: Vec<f64>,
    /// The same while it waits for a peer and asks the router.
    pub(crate) quit_waiting: Vec<f64>,
    /// Milliseconds from the redial after a cut to the first text.
    pub(crate) resume: Vec<f64>,
}

/// The figures of one system.
#[derive(Default)]
pub(crate) struct Figures {
    /// Milliseconds from start to listening, on one processor.
    pub(crate) start: Vec<f64>,
    /// Microseconds on one processor, median of a round.
    pub(crate) round_trip: Vec<f64>,
    /// Milliseconds one way, 99th percentile of a round.
    pub(crate) paced: Vec<f64>,
    /// Texts a second in a burst.
    pub(crate) rate: Vec<f64>,
    /// How many texts of a burst came whole and in order.
    pub(crate) arrived: Vec<f64>,
}

/// Measures everything once. `number` turns the order of the systems.
pub(crate) fn run(programs: &Programs, number: u32, samples: &mut Samples) -> Result<(), String> {
    let Samples {
        raw,
        ours,
        unencrypted,
        ncat,
        ..
    } = samples;
    let mut systems = [
        (System::Raw, raw),
        (System::Ours, ours),
        (System::Unencrypted, unencrypted),
        (System::Ncat, ncat),
    ];
    systems.rotate_left(number as usize % 4);
    programs.settle(Place::OneProcessor)?;
    let [first, second, third, fourth] = [0, 1, 2, 3].map(|at| systems[at].0.pair(programs));
    let mut pairs = [first?, second?, third?, fourth?];
    let times = round_trips(&mut pairs, ROUND_TRIPS)?;
    for ((pair, times), (_, figures)) in pairs.iter().zip(times).zip(&mut systems) {
        figures.start.push(milliseconds(pair.listening_after));
        figures.round_trip.push(percentile(times, 0.5));
    }
    drop(pairs);
    programs.settle(Place::Anywhere)?;
    for (system, figures) in systems {
        let mut pair = system.pair(programs)?;
        figures
            .paced
            .push(percentile(paced(&mut pair, PACED)?, 0.99));
        let burst = burst(&mut pair, BURST)?;
        figures.rate.push(burst.per_second);
        figures.arrived.push(burst.arrived as f64);
    }
    samples.resume.push(first_text_after_redial(programs)?);
    start_and_quit(programs, samples)
}

fn start_and_quit(programs: &Programs, samples: &mut Samples) -> Result<(), String> {
    let chat = System::Ours.pair(programs)?;
    samples
        .start_without_router
        .push(milliseconds(chat.listening_after));
    let Pair {
        listener,
        mut connector,
        ..
    } = chat;
    samples.quit_chatting.push(quitting(&mut connector)?);
    drop((listener, connector));
    let begun = Instant::now();
    let mut waiting = End::start(&mut programs.p2p_chat(&["listen", "0"]))?;
    let after = listening_after(&mut waiting, begun)?;
    samples.start_with_silent_router.push(after);
    waiting.output.expect("[*] Asking your router")?;
    samples.quit_waiting.push(quitting(&mut waiting)?);
    // A network of its own takes time to make, which is not the program's.
    let mut waiting = End::start(&mut programs.without_route(&["listen", "0"]))?;
    waiting.output.expect("go on?")?;
    let begun = Instant::now();
    waiting.input.line(b"yes\n")?;
    let after = listening_after(&mut waiting, begun)?;
    samples.start_without_route.push(after);
    quitting(&mut waiting).map(drop)
}

fn listening_after(listener: &mut End, begun: Instant) -> Result<f64, String> {
    listener.output.expect("[*] Listening on ")?;
    Ok(milliseconds(begun.elapsed()))
}

/// How long a program takes to end once its user has typed `/quit`.
fn quitting(end: &mut End) -> Result<f64, String> {
    let begun = Instant::now();
    end.input.line(b"/quit\n")?;
    end.exited()?;
    Ok(milliseconds(begun.elapsed()))
}

fn milliseconds(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The value below which this part of `values` lies.
pub(crate) fn percentile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * part) as usize;
    let at = at.min(values.len().saturating_sub(1));
    values.get(at).copied().unwrap_or(f64::NAN)
}
