//! The goals, and what came out.

use crate::round::{BURST, Samples, percentile};
use crate::standing::Standing;

/// Less than this cannot be told from nothing: the medians of two equal things differ by as much.
const NOTHING_MS: f64 = 1.0;

/// What a figure is held against: at most, or at least, what it must be and what it should be.
enum Marks {
    AtMost(f64, f64),
    AtLeast(f64, f64),
}

use Marks::{AtLeast, AtMost};

/// One goal.
struct Row {
    goal: &'static str,
    figure: &'static str,
    ours: String,
    /// What it is compared with.
    beside: String,
    /// A ratio where there is something beside, else our figure.
    value: f64,
    marks: Marks,
}

/// Prints the table.
pub(crate) fn print(samples: &Samples, standing: &Standing) {
    println!(
        "1, 2 and the first 7: all processes on one processor. 6, 8, 9: the listener of a chat,\n\
         nat-helper included. \"Without the wire\": a bench transport that neither encrypts nor confirms,\n\
         so what the other three processes take.\n"
    );
    let head = [
        "#", "figure", "ours", "beside", "ratio", "must", "stretch", "verdict",
    ];
    print_cells(head.map(str::to_owned));
    for row in rows(samples, standing) {
        print_cells(row.cells());
    }
    println!(
        "\nBeside them: raw relays, paced p99 {:.2} ms, {}; ncat --ssl, paced p99 {:.2} ms. The ui has {} threads.",
        median(&samples.raw.paced),
        rate(median(&samples.raw.rate)),
        median(&samples.ncat.paced),
        standing.ui_threads,
    );
}

#[rustfmt::skip]
fn rows(samples: &Samples, standing: &Standing) -> Vec<Row> {
    let Samples { raw, ours, unencrypted, ncat, .. } = samples;
    let silence = median(&samples.start_with_silent_router) - median(&samples.start_without_router);
    // The worst round counts: a burst arrives always, or the goal is missed.
    let arrived = ours.arrived.iter().copied().fold(f64::INFINITY, f64::min);
    let all = BURST as f64;
    vec![
        beside("1", "round trip p50, 100 B, / raw relays", &ours.round_trip, &raw.round_trip, micros, AtMost(2.0, 1.5)),
        beside("2", "round trip p50, 100 B, / ncat --ssl", &ours.round_trip, &ncat.round_trip, micros, AtMost(3.0, 2.2)),
        alone("3", "paced one way, p99", median(&ours.paced), millis, AtMost(5.0, 2.0)),
        beside("4", "texts a second, one line a write, / ncat --ssl", &ours.rate, &ncat.rate, rate, AtLeast(0.2, 0.3)),
        alone("5", "of 100 000 texts, whole and in order, worst round", arrived, count, AtLeast(all, all)),
        alone("6", "RSS of the four processes", standing.rss, mebibytes, AtMost(17.0, 11.5)),
        alone("6", "PSS of the four processes", standing.pss, mebibytes, AtMost(5.0, 3.5)),
        beside("7", "start to listening, / raw relays", &ours.start, &raw.start, millis, AtMost(2.5, 1.5)),
        alone("7", "what a silent router adds to it", silence, millis, AtMost(NOTHING_MS, NOTHING_MS)),
        alone("8", "idle context switches a second, four processes", standing.switches_a_second, decimal, AtMost(1.0, 0.0)),
        alone("9", "threads a process, the ui aside", standing.threads, count, AtMost(3.0, 1.0)),
        alone("10", "sum of the binaries", standing.binaries, megabytes, AtMost(12.0, 6.0)),
        beside("", "1 without the wire", &unencrypted.round_trip, &raw.round_trip, micros, AtMost(2.0, 1.5)),
        beside("", "2 without the wire", &unencrypted.round_trip, &ncat.round_trip, micros, AtMost(3.0, 2.2)),
        beside("", "4 without the wire", &unencrypted.rate, &ncat.rate, rate, AtLeast(0.2, 0.3)),
        alone("", "start to listening, silent router", median(&samples.start_with_silent_router), millis, AtMost(100.0, 100.0)),
        alone("", "start to listening, no route at all", median(&samples.start_without_route), millis, AtMost(100.0, 100.0)),
        alone("", "/quit to the end, in a chat", median(&samples.quit_chatting), millis, AtMost(100.0, 100.0)),
        alone("", "redial after a cut to the first text", median(&samples.resume), millis, AtMost(100.0, 100.0)),
        alone("", "/quit to the end, silent router being asked", median(&samples.quit_waiting), millis, AtMost(100.0, 100.0)),
    ]
}

/// A goal that is a ratio of two systems.
fn beside(
    goal: &'static str,
    figure: &'static str,
    ours: &[f64],
    theirs: &[f64],
    show: fn(f64) -> String,
    marks: Marks,
) -> Row {
    // What a round shared was the same for both.
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(o, t)| o / t).collect();
    Row {
        goal,
        figure,
        ours: show(median(ours)),
        beside: show(median(theirs)),
        value: median(&ratios),
        marks,
    }
}

/// A goal that is a figure by itself.
fn alone(
    goal: &'static str,
    figure: &'static str,
    value: f64,
    show: fn(f64) -> String,
    marks: Marks,
) -> Row {
    Row {
        goal,
        figure,
        ours: show(value),
        beside: String::new(),
        value,
        marks,
    }
}

impl Row {
    fn cells(self) -> [String; 8] {
        let (must, stretch, met, stretched) = match self.marks {
            AtMost(must, stretch) => (must, stretch, self.value <= must, self.value <= stretch),
            AtLeast(must, stretch) => (must, stretch, self.value >= must, self.value >= stretch),
        };
        let verdict = match (met, stretched) {
            (_, true) => "met, stretch too",
            (true, false) => "met",
            (false, false) => "MISSED",
        };
        let ratio = match self.beside.is_empty() {
            true => String::new(),
            false => decimal(self.value),
        };
        let [goal, figure, verdict] = [self.goal, self.figure, verdict].map(str::to_owned);
        [
            goal,
            figure,
            self.ours,
            self.beside,
            ratio,
            must.to_string(),
            stretch.to_string(),
            verdict,
        ]
    }
}

fn print_cells([goal, figure, ours, beside, ratio, must, stretch, verdict]: [String; 8]) {
    println!(
        "{goal:>2}  {figure:<50} {ours:>11} {beside:>11} {ratio:>6} {must:>7} {stretch:>8}  {verdict}"
    );
}

fn median(values: &[f64]) -> f64 {
    percentile(values.to_vec(), 0.5)
}

fn micros(value: f64) -> String {
    format!("{value:.0} us")
}

fn millis(value: f64) -> String {
    format!("{value:.2} ms")
}

fn mebibytes(value: f64) -> String {
    format!("{value:.1} MiB")
}

fn megabytes(value: f64) -> String {
    format!("{value:.2} MB")
}

fn count(value: f64) -> String {
    format!("{value:.0}")
}

fn decimal(value: f64) -> String {
    format!("{value:.2}")
}

fn rate(value: f64) -> String {
    format!("{:.1} k/s", value / 1e3)
}
