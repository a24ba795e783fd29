//! Drives a connected pair, and times it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::end::{End, Output};
use crate::systems::Pair;

/// The length of a text in bytes, as a sentence has.
const TEXT: usize = 100;

/// Round trips before those that count: caches, and TCP's first steps.
const WARM_UP: usize = 100;

/// Round trips before it is another pair's turn: what disturbs the computer for longer than some
/// milliseconds disturbs them all.
const TURN: usize = 50;

/// The pause between two paced texts: longer than any round trip, so that every text finds an idle
/// line, as a person's does.
const PACE: Duration = Duration::from_millis(5);

/// Nothing for this long in a burst: what has not come will not.
const STALLED: Duration = Duration::from_secs(10);

/// How often a reader looks whether the burst is over.
const GLANCE: Duration = Duration::from_millis(20);

/// How a burst went.
pub(crate) struct Burst {
    /// How many texts came, whole and in order, before the first that did not.
    pub(crate) arrived: usize,
    /// From the first write to the last arrival.
    pub(crate) per_second: f64,
}

/// A line typed at one side is printed at the other, and then back: microseconds each, for every
/// pair. They take turns.
pub(crate) fn round_trips<const PAIRS: usize>(
    pairs: &mut [Pair; PAIRS],
    count: usize,
) -> Result<[Vec<f64>; PAIRS], String> {
    let mut times = [(); PAIRS].map(|()| Vec::with_capacity(count));
    for first in (0..WARM_UP + count).step_by(TURN) {
        for (pair, times) in pairs.iter_mut().zip(&mut times) {
            for number in first..first + TURN {
                let time = round_trip(pair, number)?;
                if number >= WARM_UP {
                    times.push(time.as_secs_f64() * 1e6);
                }
            }
        }
    }
    Ok(times)
}

fn round_trip(pair: &mut Pair, number: usize) -> Result<Duration, String> {
    let (there, back) = (text('q', number), text('r', number));
    let begun = Instant::now();
    cross(&mut pair.connector, &mut pair.listener, &there)?;
    cross(&mut pair.listener, &mut pair.connector, &back)?;
    Ok(begun.elapsed())
}

/// One text at a time, with pauses, one way: milliseconds each.
pub(crate) fn paced(pair: &mut Pair, count: usize) -> Result<Vec<f64>, String> {
    let mut times = Vec::with_capacity(count);
    for number in 0..count {
        thread::sleep(PACE);
        let begun = Instant::now();
        let text = text('p', number);
        cross(&mut pair.connector, &mut pair.listener, &text)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

/// `count` texts one way, each with a write of its own, as fast as they are taken.
pub(crate) fn burst(pair: &mut Pair, count: usize) -> Result<Burst, String> {
    let texts: Vec<Vec<u8>> = (0..count).map(|number| text('b', number)).collect();
    let over = AtomicBool::new(false);
    let Pair {
        connector,
        listener,
        ..
    } = pair;
    let End { input, output, .. } = connector;
    let burst = thread::scope(|scope| {
        let begun = Instant::now();
        scope.spawn(|| texts.iter().try_for_each(|text| input.line(text)));
        scope.spawn(|| {
            // Own texts are shown as well; nobody looks, but a full pipe would stop the program.
            while !over.load(Ordering::Relaxed) {
                if output.line(Instant::now() + GLANCE).is_err() {
                    return;
                }
            }
        });
        let (arrived, last) = arrivals(&mut listener.output, &texts, begun);
        over.store(true, Ordering::Relaxed);
        if arrived < count {
            // The writer may wait for a reader that never comes: its line breaks.
            listener.kill();
        }
        let per_second = arrived as f64 / (last - begun).as_secs_f64().max(f64::EPSILON);
        Burst {
            arrived,
            per_second,
        }
    });
    Ok(burst)
}

/// How many of `texts` come in their order, and when the last of them came.
fn arrivals(output: &mut Output, texts: &[Vec<u8>], begun: Instant) -> (usize, Instant) {
    let mut last = begun;
    let mut arrived = 0;
    let mut deadline = begun + STALLED;
    while arrived < texts.len() {
        let Ok(Some(line)) = output.line(deadline) else {
            break;
        };
        // Lines that are no texts are the program's own.
        if memchr::memchr(b'~', line).is_some() {
            let expected = texts[arrived].trim_ascii_end();
            if !line.ends_with(expected) {
                break;
            }
            arrived += 1;
            if arrived % 1024 == 0 || arrived == texts.len() {
                last = Instant::now();
                deadline = last + STALLED;
            }
        }
    }
    (arrived, last)
}

/// A line that differs from all others in its first characters.
fn text(kind: char, number: usize) -> Vec<u8> {
    let mut line = format!("{kind}{number:07}~").into_bytes();
    line.resize(TEXT, b'x');
    line.push(b'\n');
    line
}

fn cross(from: &mut End, to: &mut End, text: &[u8]) -> Result<(), String> {
    from.input.line(text)?;
    let mark = text.split_inclusive(|byte| *byte == b'~').next();
    let mark = String::from_utf8_lossy(mark.unwrap_or_default());
    to.output.expect(&mark).map(drop)
}
