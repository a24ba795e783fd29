//! The Python that some tests need.

use std::process::Command;

use crate::skipped::skipped;
use crate::support::repository;

/// Finds one that has this module, or says that the test is skipped: it is to return then.
/// `scripts/test.sh --install` makes the first that is tried. It is the interpreter itself: a
/// version manager's `python3` is a script that takes longer to start.
pub(crate) fn python_with(module: &str, test: &str) -> Option<String> {
    let ours = format!("{}/target/venv/bin/python", repository().display());
    let usable = |interpreter: String| {
        let imports = format!("import {module}, sys; print(sys.executable, end='')");
        let tried = Command::new(interpreter).args(["-c", &imports]).output();
        let tried = tried.ok().filter(|tried| tried.status.success())?;
        String::from_utf8(tried.stdout).ok()
    };
    let found = [ours, "python3".to_owned()].into_iter().find_map(usable);
    found.or_else(|| skipped(test, &format!("a python3 with {module}")))
}
