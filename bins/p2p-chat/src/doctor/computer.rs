//! What of this computer may keep callers out, as far as anybody may see it.

use std::path::Path;

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Computer {
    pub(super) firewalls: Vec<Firewall>,
    /// Windows Subsystem for Linux, whose network other computers do not see.
    pub(super) wsl: bool,
}

/// A firewall that is there, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Firewall {
    Ufw,
    Firewalld,
    Windows,
    MacOs,
}

impl Firewall {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ufw => "ufw",
            Self::Firewalld => "firewalld",
            Self::Windows => "Windows Defender Firewall",
            Self::MacOs => "the firewall of macOS",
        }
    }

    /// How to let callers in.
    pub(super) fn way_in(self, port: u16) -> String {
        match self {
            Self::Ufw => format!("sudo ufw allow {port}/tcp"),
            Self::Firewalld => format!("sudo firewall-cmd --add-port={port}/tcp"),
            Self::Windows => "allow the program when Windows asks, for private networks".to_owned(),
            Self::MacOs => {
                "System Settings, Network, Firewall, Options: allow incoming connections".to_owned()
            }
        }
    }
}

/// Looks.
pub(super) fn look() -> Computer {
    let ufw = is_ufw_on(&text("/etc/ufw/ufw.conf"));
    let firewalld = ["/run/firewalld", "/run/firewalld.pid"];
    let firewalld = firewalld.iter().any(|path| Path::new(path).exists());
    let found = [
        (Firewall::Ufw, ufw),
        (Firewall::Firewalld, firewalld),
        (Firewall::Windows, is_wsl() || cfg!(windows)),
        (Firewall::MacOs, cfg!(target_os = "macos")),
    ];
    let there = found.into_iter().filter(|(_, there)| *there);
    Computer {
        firewalls: there.map(|(firewall, _)| firewall).collect(),
        wsl: is_hidden_in_windows(),
    }
}

/// Whether Windows keeps callers from this computer, because it is one inside it.
pub(crate) fn is_hidden_in_windows() -> bool {
    // Where Windows shares its network ("mirrored"), there is this interface for its own loopback.
    is_wsl() && !Path::new("/sys/class/net/loopback0").exists()
}

fn is_wsl() -> bool {
    is_of_windows(&text("/proc/sys/kernel/osrelease"))
}

/// What a file holds; nothing where it cannot be read.
fn text(file: &str) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

fn is_of_windows(kernel: &str) -> bool {
    kernel.to_ascii_lowercase().contains("microsoft")
}

fn is_ufw_on(settings: &str) -> bool {
    settings
        .lines()
        .any(|line| line.trim().eq_ignore_ascii_case("enabled=yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wsl_is_known_by_its_kernels_name() {
        assert!(is_of_windows("5.15.153.1-microsoft-standard-WSL2\n"));
        assert!(is_of_windows("4.4.0-19041-Microsoft"));
        assert!(!is_of_windows("6.1.0-18-amd64"));
    }

    #[test]
    fn ufw_counts_when_it_is_switched_on() {
        assert!(is_ufw_on("# comment\nENABLED=yes\nLOGLEVEL=low\n"));
        assert!(!is_ufw_on("ENABLED=no\n"));
        assert!(!is_ufw_on("#ENABLED=yes\n"));
    }
}
