//! What was cleared is gone from the memory.

use std::fs::{File, read_to_string};
use std::os::unix::fs::FileExt;

use serde_json::json;

use crate::pair::{Pair, Part, Setup, Who};
use crate::support::wait_until;

/// Of each text, after its number: nothing else in a process looks like it.
const PADDING: usize = 500;
/// So much of it is found where a text is.
const PIECE: &[u8] = &[b'x'; 100];

#[test]
fn a_cleared_conversation_is_in_no_memory_any_more() {
    let pair = Pair::chatting(Setup::default());
    pair.both_say(3, PADDING);
    pair.all_arrives();
    for side in [&pair.listener, &pair.connector] {
        assert!(holds_texts(side.pid()), "the instrument sees them");
        side.ask(json!({ "type": "clear" }));
        side.wait("it is cleared", |ledger| {
            (ledger.count("cleared") > 0).then_some(())
        });
    }
    for side in [&pair.listener, &pair.connector] {
        for part in [Part::Supervisor, Part::Transport] {
            let pid = side.process(part);
            wait_until(&format!("{part:?} holds nothing"), || !holds_texts(pid));
        }
    }
    pair.goes_on_and_ends_well(Who::Connector);
}

/// Whether a piece of a text is in any memory of a process that can be written to.
fn holds_texts(pid: u32) -> bool {
    let memory = File::open(format!("/proc/{pid}/mem")).expect("it was started here");
    let maps = read_to_string(format!("/proc/{pid}/maps")).expect("it lives");
    let mut regions = maps.lines().filter(|region| region.contains(" rw"));
    regions.any(|region| {
        let region = region
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'));
        let ends = region.map(|(from, to)| [from, to].map(|end| u64::from_str_radix(end, 16)));
        let Some([Ok(from), Ok(to)]) = ends else {
            return false;
        };
        let mut bytes = vec![0; usize::try_from(to - from).expect("it fits here as well")];
        // The kernel's own pages cannot be read.
        memory.read_exact_at(&mut bytes, from).is_ok()
            && bytes.windows(PIECE.len()).any(|place| place == PIECE)
    })
}
