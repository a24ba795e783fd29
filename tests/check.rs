//! `p2p-chat check`: good plugins pass, and every fault fails its own check and no other.

#[path = "check/known.rs"]
mod known;
#[path = "support/python.rs"]
mod python;
#[path = "support/skipped.rs"]
mod skipped;
mod support;

use std::collections::BTreeSet;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use known::known;
use python::python_with;
use support::{plugin, program, repository};

const ROLES: [&str; 3] = ["ui", "transport", "nat-helper"];

/// A fault of `python/faulty_plugin.py`, and the check it fails.
type Fault = (&'static str, &'static str);

const FAULTS: [Fault; 34] = [
    ("exits", "starts"),
    ("waits", "speaks_first"),
    ("greets", "hello"),
    ("old", "hello"),
    ("misplaced", "hello"),
    ("nameless", "hello"),
    ("locks", "starts_again"),
    ("knows_all_fields", "unknown_fields"),
    ("knows_all_types", "unknown_types"),
    ("answers_strangers", "unknown_types"),
    ("trips_over_blank", "blank_lines"),
    ("trips_over_return", "carriage_returns"),
    ("trips_over_mark", "byte_order_mark"),
    ("reads_in_pieces", "long_lines"),
    ("answers_twice", "replies"),
    ("forgets", "replies"),
    ("takes_0_for_none", "ids"),
    ("takes_ids_for_small", "ids"),
    ("ignores_questions", "unknown_request"),
    ("believes", "invalid_request"),
    ("always_answers", "requests_without_id"),
    ("answers_garbage", "garbage"),
    ("trips_over_garbage", "garbage"),
    ("listens_nowhere", "listening"),
    ("listens_twice", "busy"),
    ("has_no_peers", "replay"),
    ("has_no_plugins", "every_event"),
    ("never_ends", "ends"),
    ("complains_at_the_end", "ends"),
    ("cannot_be_interrupted", "ends_when_active"),
    ("leaves_a_child", "closes_stdout"),
    ("invents", "messages"),
    ("chatters", "json_lines"),
    ("writes_a_novel", "json_lines"),
];

/// How many of them run at a time: more than there are processors, since some only wait, up to 10 s.
const AT_A_TIME: usize = 8;

fn check(role: &str, command: &[&str]) -> Output {
    Command::new(program())
        .args(["check", role, "--"])
        .args(command)
        .stdin(Stdio::null())
        .output()
        .expect("p2p-chat runs")
}

/// The names of the checks whose line begins with `mark`.
fn names(output: &Output, mark: &str) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter_map(|line| line.strip_prefix(mark));
    lines
        .filter_map(|line| Some(line.trim_start().split_once(": ")?.0.to_owned()))
        .collect()
}

/// A Python that can read JSON, or nothing, and the test is skipped.
fn python(test: &str) -> Option<String> {
    python_with("json", test)
}

fn check_faulty(python: &str, role: &str, fault: &str) -> Output {
    let script = repository().join("tests/python/faulty_plugin.py");
    let state = tempfile::tempdir().expect("a folder");
    let folder = format!("FAULTY_STATE={}", state.path().display());
    let known = format!("FAULTY_KNOWN={}", known(role));
    // -I and -S: nothing of this computer's own Python settings, and a quicker start.
    let script = script.display().to_string();
    let command = [
        "env", &folder, &known, python, "-I", "-S", &script, role, fault,
    ];
    check(role, &command)
}

fn assert_passes(who: &str, output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{who}:\n{text}");
    assert!(names(output, "ok ").len() > 10, "{who}:\n{text}");
    assert!(
        !text.contains("FAIL") && !text.contains("\n- "),
        "{who}:\n{text}"
    );
}

/// Faults of checks that a role has, which it cannot have all the same: a ui is asked nothing, and
/// nat-helper has no second request that is answered with `ok`.
const IMPOSSIBLE: [(&str, &str); 2] = [("ui", "answers_strangers"), ("nat-helper", "forgets")];

/// The faults that a plugin of this role can have. Each of its checks has one.
fn possible_faults(python: &str, role: &'static str) -> Vec<(&'static str, Fault)> {
    let without_faults = check_faulty(python, role, "none");
    assert_passes(role, &without_faults);
    let checks = names(&without_faults, "ok ");
    let possible =
        |(fault, check): &Fault| checks.contains(*check) && !IMPOSSIBLE.contains(&(role, fault));
    let faults: Vec<_> = FAULTS.into_iter().filter(possible).collect();
    let tried: BTreeSet<_> = faults
        .iter()
        .map(|(_, check)| (*check).to_owned())
        .collect();
    assert_eq!(tried, checks, "checks of a {role} without a fault");
    faults.into_iter().map(|fault| (role, fault)).collect()
}

#[test]
fn every_built_in_plugin_passes() {
    for role in ROLES {
        let program = plugin(role).display().to_string();
        assert_passes(role, &check(role, &[&program]));
    }
}

#[test]
fn the_ui_of_twenty_lines_passes() {
    let Some(python) = python("the_ui_of_twenty_lines_passes") else {
        return;
    };
    let tiny = repository().join("scripts/tiny_ui.py");
    let tiny = tiny.display().to_string();
    assert_passes("tiny_ui.py", &check("ui", &[&python, &tiny]));
}

#[test]
fn every_check_of_every_role_has_a_fault_that_fails_it_alone() {
    let Some(python) = python("every_check_of_every_role_has_a_fault_that_fails_it_alone") else {
        return;
    };
    let faults = ROLES.map(|role| possible_faults(&python, role)).concat();
    let queue = Mutex::new(faults.into_iter());
    let next = || queue.lock().expect("nobody panics while holding it").next();
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((role, (fault, check))) = next() {
                    let output = check_faulty(&python, role, fault);
                    let text = String::from_utf8_lossy(&output.stdout);
                    let expected = BTreeSet::from([check.to_owned()]);
                    assert_eq!(names(&output, "FAIL "), expected, "{role} {fault}:\n{text}");
                    assert_eq!(output.status.code(), Some(1), "{role} {fault}:\n{text}");
                }
            });
        }
    });
}

#[test]
fn a_failed_check_says_what_was_found_and_what_to_change() {
    let ui = plugin("ui").display().to_string();
    let output = check("transport", &[&ui]);
    let text = String::from_utf8_lossy(&output.stdout);
    let expected = "FAIL  hello: it says that its role is \"ui\", not \"transport\"; print {";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("-     replies: not checked"), "{text}");
    assert!(text.starts_with("seed "), "{text}");
    let output = check("ui", &["/no/such/program"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("FAIL  starts: cannot start /no/such/program: "),
        "{text}"
    );
    assert_eq!(output.status.code(), Some(1), "{text}");
}

#[test]
fn a_run_can_be_repeated_by_its_seed() {
    let output = Command::new(program())
        .args(["check", "ui", "--seed", "7", "--", "/no/such/program"])
        .output()
        .expect("p2p-chat runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.starts_with("seed 7 (--seed 7 repeats it)\n"), "{text}");
}

#[test]
fn a_role_that_does_not_exist_is_wrong_usage() {
    let output = check("gui", &["true"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("ui, transport and nat-helper"), "{text}");
    assert_eq!(output.status.code(), Some(2));
}
