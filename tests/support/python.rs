//! The Python that some tests need.

use std::path::Path;
use std::process::Command;

use crate::skipped::skipped;

/// Finds one that has this module, or says that the test is skipped: it is to return then.
/// `scripts/test.sh --install` makes the first that is tried.
pub(crate) fn python_with(module: &str, test: &str) -> Option<String> {
    let ours = format!("{}/target/venv/bin/python", repository().display());
    let usable = |interpreter: &String| {
        let mut command = Command::new(interpreter);
        let tried = command.args(["-c", &format!("import {module}")]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let found = [ours, "python3".to_owned()].into_iter().find(usable);
    found.or_else(|| skipped(test, &format!("a python3 with {module}")))
}

pub(crate) fn repository() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).expect("packages are two deep")
}
