//! Plugins of a few lines.

use std::os::unix::fs::PermissionsExt;

/// A program of a few lines of shell, in a folder of its own.
pub(crate) struct Script(tempfile::TempDir);

impl Script {
    pub(crate) fn new(lines: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("plugin");
        std::fs::write(&file, format!("#!/bin/sh\n{lines}\n")).expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("set");
        Self(folder)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> String {
        self.0.path().join("plugin").display().to_string()
    }
}
