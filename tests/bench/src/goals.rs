//! The goals, and what came out.

use crate::round::{BURST, Samples, percentile};
use crate::standing::Standing;

/// A router's silence costs nothing; less than this cannot be told from nothing.
const NOTHING_MS: f64 = 1.0;

/// Which side of its mark a figure should be on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Better {
    Less,
    More,
}

/// One goal.
struct Row {
    goal: &'static str,
    figure: &'static str,
    ours: String,
    beside: String,
    /// What is held against the marks: a ratio, or our figure itself.
    compared: f64,
    is_ratio: bool,
    better: Better,
    must: f64,
    stretch: Option<f64>,
}

/// Prints the table.
pub(crate) fn print(samples: &Samples, standing: &Standing) {
    println!("Goals 1 to 5 and the first 7: with a bench transport, without pacing or encryption; the real wire");
    println!("follows with the secure channel. 1, 2 and the first 7: all processes on one processor.\n");
    println!(
        "{:>2}  {:<52} {:>12} {:>22} {:>7} {:>7} {:>8}  verdict",
        "#", "figure", "ours", "beside", "ratio", "must", "stretch"
    );
    for row in rows(samples, standing) {
        println!("{}", row.line());
    }
    println!(
        "\nThe limit itself (raw relays): paced p99 {:.2} ms, {} texts/s; ncat --ssl: paced p99 {:.2} ms.",
        median(&samples.raw.paced),
        thousands(median(&samples.raw.rate)),
        median(&samples.ncat.paced),
    );
    println!("The ui has {} threads.", standing.ui_threads);
}

fn rows(samples: &Samples, standing: &Standing) -> Vec<Row> {
    let Samples { raw, ours, ncat, .. } = samples;
    let micro = |value: f64| format!("{value:.0} us");
    let milli = |value: f64| format!("{value:.2} ms");
    let rate = |value: f64| format!("{}/s", thousands(value));
    let [mut rows_with_ratio, plain] = [Vec::new(), Vec::new()];
    let _ = (&mut rows_with_ratio, &plain, micro, milli, rate, raw, ours, ncat, standing);
    rows_with_ratio
}
