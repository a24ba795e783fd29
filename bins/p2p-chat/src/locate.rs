//! Where the programs of the three roles are.
//!
//! First hit wins: the command line, the environment, `../lib/p2p-chat/` beside the executable's
//! folder, the executable's folder when it holds all three built-ins, PATH. Never a shell, never a
//! relative entry of PATH: a planted `./p2p-chat-ui` must not run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use p2p_chat_protocol::Role;

/// Which programs play the roles, where the user chose.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PluginChoice {
    /// The ui: a path (with a /), a name (tui: ui-tui), or - for this program's own stdin and stdout
    #[arg(long, value_name = "UI", global = true, hide = true)]
    pub(crate) ui: Option<String>,
    /// The transport: a path (with a /) or a name
    #[arg(long, value_name = "TRANSPORT", global = true, hide = true)]
    pub(crate) transport: Option<String>,
    /// The nat-helper: a path (with a /) or a name
    #[arg(long, value_name = "NAT-HELPER", global = true, hide = true)]
    pub(crate) nat_helper: Option<String>,
}

/// What plays a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// This executable.
    File(PathBuf),
    /// Whoever holds the other ends of this program's stdin and stdout.
    OwnStdio,
}

/// One program a role.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) ui: Program,
    pub(crate) transport: Program,
    pub(crate) nat_helper: Program,
}

const BUILT_INS: [&str; 3] = ["ui", "transport", "nat-helper"];

/// Finds all three, or says which is missing, where it was looked for, and what to do.
pub(crate) fn locate_all(choice: &PluginChoice) -> Result<Programs, String> {
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let chosen =
        |flag: &Option<String>, variable: &str| flag.clone().or_else(|| environment(variable));
    let places = Places {
        executable: own_path(),
        path: std::env::var_os("PATH"),
    };
    let ui = chosen(&choice.ui, "P2P_CHAT_UI");
    let transport = chosen(&choice.transport, "P2P_CHAT_TRANSPORT");
    let nat_helper = chosen(&choice.nat_helper, "P2P_CHAT_NAT_HELPER");
    Ok(Programs {
        ui: match ui.as_deref() {
            Some("-") => Program::OwnStdio,
            chosen => Program::File(places.find(Role::Ui, chosen)?),
        },
        transport: Program::File(places.find(Role::Transport, transport.as_deref())?),
        nat_helper: Program::File(places.find(Role::NatHelper, nat_helper.as_deref())?),
    })
}

/// This program's file. Without /proc (a bare chroot) there is only what the caller says.
fn own_path() -> Option<PathBuf> {
    let called_as = || {
        std::env::args_os()
            .next()
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    std::env::current_exe().ok().or_else(called_as)
}

/// Where to look.
struct Places {
    executable: Option<PathBuf>,
    path: Option<OsString>,
}

impl Places {
    fn find(&self, role: Role, chosen: Option<&str>) -> Result<PathBuf, String> {
        let name = match chosen {
            None => role.name().to_owned(),
            Some(path) if path.contains('/') => {
                let path = PathBuf::from(path);
                return if is_executable(&path) {
                    Ok(path)
                } else {
                    Err(not_found(role, &[path]))
                };
            }
            Some(variant) => format!("{role}-{variant}"),
        };
        if !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        {
            return Err(format!(
                "{name:?} is no name of a {role}. Give a path with a / in it, or a name of letters, digits and -."
            ));
        }
        let mut looked = Vec::new();
        for folder in self.folders() {
            let file = folder.join(&name);
            if is_executable(&file) {
                return Ok(file);
            }
            looked.push(file);
        }
        let in_path = format!("p2p-chat-{name}");
        self.in_path(&in_path).ok_or_else(|| {
            looked.push(PathBuf::from(format!("{in_path} in PATH")));
            not_found(role, &looked)
        })
    }

    /// The folders that may hold plugins under their plain names.
    fn folders(&self) -> Vec<PathBuf> {
        let Some(own) = self.executable.as_deref().and_then(Path::parent) else {
            return Vec::new();
        };
        let library = own.parent().map(|prefix| prefix.join("lib/p2p-chat"));
        // A folder with only one program called `ui` in it is not ours.
        let complete = BUILT_INS.iter().all(|name| is_executable(&own.join(name)));
        let own = complete.then(|| own.to_owned());
        library.into_iter().chain(own).collect()
    }

    fn in_path(&self, name: &str) -> Option<PathBuf> {
        // `which` follows empty and relative entries into the current directory.
        let absolute = std::env::split_paths(self.path.as_ref()?).filter(|p| p.is_absolute());
        let absolute = std::env::join_paths(absolute).ok()?;
        which::which_in_global(name, Some(absolute)).ok()?.next()
    }
}

fn is_executable(file: &Path) -> bool {
    // Without a folder to start from, `which` takes no relative path.
    let Ok(file) = std::path::absolute(file) else {
        return false;
    };
    which::which_in_global(file, None::<&str>).is_ok_and(|mut found| found.next().is_some())
}

fn not_found(role: Role, looked: &[PathBuf]) -> String {
    let places: String = looked
        .iter()
        .map(|place| format!("\n  {}", place.display()))
        .collect();
    let variable = match role {
        Role::Ui => "P2P_CHAT_UI",
        Role::Transport => "P2P_CHAT_TRANSPORT",
        Role::NatHelper => "P2P_CHAT_NAT_HELPER",
    };
    format!(
        "the {role} program was not found. Looked for:{places}\n\
         In a checkout, build all programs with `cargo build`. Elsewhere, name one with --{role} PATH or {variable}=PATH."
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new(files: &[&str]) -> Self {
            let root = tempfile::tempdir().expect("a folder");
            for file in files {
                let file = root.path().join(file);
                fs::create_dir_all(file.parent().expect("below the root")).expect("made");
                fs::write(&file, "#!/bin/sh\n").expect("written");
                fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("set");
            }
            Self(root)
        }

        fn places(&self, path: &str) -> Places {
            let root = self.0.path().display().to_string();
            Places {
                executable: Some(self.0.path().join("bin/p2p-chat")),
                path: Some(path.replace('~', &root).into()),
            }
        }

        fn found(&self, path: &str, chosen: Option<&str>) -> Option<String> {
            let found = self.places(path).find(Role::Ui, chosen).ok()?;
            let inside = found.strip_prefix(self.0.path()).expect("in the tree");
            Some(inside.display().to_string())
        }
    }

    #[test]
    fn the_first_place_that_has_it_wins() {
        let all = [
            "bin/ui",
            "bin/transport",
            "bin/nat-helper",
            "opt/p2p-chat-ui",
        ];
        let with_library = [&all[..], &["lib/p2p-chat/ui"]].concat();
        let found = Tree::new(&with_library).found("~/opt", None);
        assert_eq!(found.as_deref(), Some("lib/p2p-chat/ui"));
        assert_eq!(
            Tree::new(&all).found("~/opt", None).as_deref(),
            Some("bin/ui")
        );
        let alone = ["bin/ui", "opt/p2p-chat-ui"];
        assert_eq!(
            Tree::new(&alone).found("~/opt", None).as_deref(),
            Some("opt/p2p-chat-ui")
        );
    }

    #[test]
    fn a_name_is_a_variant_and_a_slash_makes_a_path() {
        let tree = Tree::new(&["opt/p2p-chat-ui-tui", "my/ui.py"]);
        assert_eq!(
            tree.found("~/opt", Some("tui")).as_deref(),
            Some("opt/p2p-chat-ui-tui")
        );
        let path = tree.0.path().join("my/ui.py").display().to_string();
        assert_eq!(tree.found("", Some(&path)).as_deref(), Some("my/ui.py"));
        let places = tree.places("");
        assert!(places.find(Role::Ui, Some("./no/such")).is_err());
        // Tests run in the package's folder.
        let program = std::env::current_exe().expect("this test");
        let here = std::env::current_dir().expect("a folder");
        let up = "../".repeat(here.components().count() - 1);
        let relative = format!("./{up}{}", program.display());
        assert!(places.find(Role::Ui, Some(&relative)).is_ok(), "{relative}");
        assert_eq!(tree.found("~/opt", Some("../x")), None);
        assert_eq!(tree.found("~/opt", Some("tui;ls")), None);
    }

    #[test]
    fn relative_entries_of_path_are_not_followed() {
        // Tests run in the package's folder, which holds this executable file for the moment.
        let planted = tempfile::tempdir_in(".").expect("a folder");
        let file = planted.path().join("p2p-chat-ui");
        fs::write(&file, "#!/bin/sh\n").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("set");
        let relative = Path::new(".").join(planted.path().file_name().expect("named"));
        let tree = Tree::new(&[]);
        assert_eq!(tree.found(&format!(":{}", relative.display()), None), None);
    }

    #[test]
    fn a_missing_program_is_named_with_its_places_and_the_way_out() {
        let sentence = Tree::new(&[])
            .places("")
            .find(Role::Transport, None)
            .expect_err("none");
        for part in [
            "transport program",
            "lib/p2p-chat/transport",
            "in PATH",
            "cargo build",
            "--transport PATH",
        ] {
            assert!(sentence.contains(part), "{part}: {sentence}");
        }
    }
}
