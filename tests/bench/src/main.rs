//! Measures p2p-chat beside the limit of its architecture and beside `ncat --ssl`, and prints the
//! goals with what came out. `scripts/bench.sh` starts it, in a network of its own.
//!
//! Start reading at [`goals`], the table; then [`round`], which fills it: every system once, in
//! turn. [`systems`] starts them, [`drive`] times them, [`end`] is one program behind pipes.
//! [`resume`] cuts the line.
//! [`standing`] looks at what the product is while nothing happens.

mod drive;
mod end;
mod goals;
mod processes;
mod resume;
mod round;
mod standing;
mod systems;

use std::path::PathBuf;
use std::process::ExitCode;

use systems::Programs;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match &arguments[..] {
        [rounds, folder] => match rounds.parse() {
            Ok(rounds @ 1..) => measure(rounds, folder.into()),
            _ => Err(format!(
                "{rounds:?} is no number of rounds. Give 1 or more."
            )),
        },
        _ => {
            Err("usage: bench ROUNDS FOLDER-OF-THE-BINARIES (scripts/bench.sh does it)".to_owned())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("bench: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn measure(rounds: u32, folder: PathBuf) -> Result<(), String> {
    let programs = Programs::in_folder(folder)?;
    println!("{}\n", processes::machine());
    let mut measured = round::Samples::default();
    for number in 1..=rounds {
        eprintln!("round {number} of {rounds}");
        round::run(&programs, number, &mut measured)?;
    }
    eprintln!("standing still");
    let standing = standing::look(&programs)?;
    let legacy = standing::legacy_wire(&programs)?;
    println!("Medians of {rounds} interleaved rounds.");
    goals::print(&measured, &standing);
    println!("\n{legacy}");
    Ok(())
}
