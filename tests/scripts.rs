//! `scripts/test.sh` itself, in a checkout where cargo is a script of three lines.

#[path = "support/nat_lab.rs"]
mod nat_lab;
mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nat_lab::user_namespaces_work;
use support::repository;

/// One of three tests misses something, and fails where it must not be skipped.
const CARGO: &str = "[ \"$1\" = test ] || exit 0\n\
                     [ -z \"$P2P_CHAT_REQUIRE_ALL\" ] || exit 1\n\
                     echo 'test a ... SKIPPED a: ncat'\n\
                     echo 'test result: ok. 3 passed; 0 failed; 0 ignored;'";

/// As they end without a network. Nothing is installed yet.
const INSTALLERS: [&str; 3] = ["apt-get", "dpkg-query", "python3"];

fn write(file: &Path, lines: &str) {
    std::fs::write(file, format!("#!/bin/sh\n{lines}\n")).expect("written");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("set");
}

/// What `test.sh` says as root without a network, and its exit code.
fn test_sh(arguments: &[&str], ci: &str) -> (String, String, Option<i32>) {
    let checkout = tempfile::tempdir().expect("a folder");
    let scripts = checkout.path().join("scripts");
    let programs = checkout.path().join("programs");
    for folder in [&scripts, &programs] {
        std::fs::create_dir(folder).expect("a folder");
    }
    let original = repository().join("scripts/test.sh");
    std::fs::copy(original, scripts.join("test.sh")).expect("copied");
    write(&scripts.join("fuzz.sh"), "");
    write(&programs.join("cargo"), CARGO);
    for name in INSTALLERS {
        write(&programs.join(name), "exit 100");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "bash"])
        .arg(scripts.join("test.sh"))
        .args(arguments)
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("CI", ci)
        .env_remove("P2P_CHAT_REQUIRE_ALL")
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        text(&output.stdout),
        text(&output.stderr),
        output.status.code(),
    )
}

#[test]
fn a_failed_installation_is_a_warning_and_the_tests_run() {
    if !user_namespaces_work("a_failed_installation_is_a_warning_and_the_tests_run") {
        return;
    }
    let (said, aside, code) = test_sh(&[], "false");
    let warning = "WARNING: could not install what the tests need (apt pip, see above)";
    assert!(aside.contains(warning), "{aside}");
    let end = "2 passed, 0 failed, 1 skipped\n";
    assert!(said.ends_with(end), "{said}\n{aside}");
    assert_eq!(code, Some(0));
}

#[test]
fn a_failed_installation_that_was_asked_for_is_the_end() {
    if !user_namespaces_work("a_failed_installation_that_was_asked_for_is_the_end") {
        return;
    }
    for (arguments, ci) in [(&["--install"][..], "false"), (&[], "true")] {
        let (said, aside, code) = test_sh(arguments, ci);
        assert!(!said.contains("passed"), "{said}");
        assert!(!aside.contains("SKIPPED"), "{aside}");
        assert_eq!(code, Some(1), "{aside}");
    }
}
