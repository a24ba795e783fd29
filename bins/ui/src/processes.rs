//! The processes of a chat, as far as the supervisor tells of them. Pure.

use p2p_chat_protocol::Role;
use p2p_chat_protocol::ui::{PluginChanged, PluginStatus};

/// The supervisor and this ui.
const ALWAYS: usize = 2;

/// What is known of the others.
pub(crate) struct Processes {
    /// It was started before us.
    transport: PluginStatus,
    nat_helper: Option<PluginStatus>,
}

impl Default for Processes {
    fn default() -> Self {
        Self {
            transport: PluginStatus::Started,
            nat_helper: None,
        }
    }
}

impl Processes {
    /// One started or stopped; what to say of it. `goes_on`: a chat that can be taken up again.
    pub(crate) fn changed(
        &mut self,
        change: PluginChanged,
        goes_on: bool,
        verbose: bool,
    ) -> Option<String> {
        let PluginChanged { role, status } = change;
        match role {
            Role::Transport => self.transport = status,
            Role::NatHelper => self.nat_helper = Some(status),
            Role::Ui => {}
        }
        let sentence = match (role, status) {
            (Role::Transport, PluginStatus::Restarting) if goes_on => {
                "[!] The part that reaches the network stopped and was started again. \
                 Connecting again..."
            }
            (Role::Transport, PluginStatus::Restarting) => {
                "[!] The part that reaches the network stopped and was started again."
            }
            (Role::Transport, PluginStatus::GivenUp) => {
                "[!] The part that reaches the network stopped too often."
            }
            (role, status) if verbose => {
                let became = match status {
                    PluginStatus::Started => "runs",
                    PluginStatus::Restarting => "stopped and is started again",
                    PluginStatus::GivenUp => "stopped too often and is not started again",
                };
                return Some(format!("[*] Process {role} {became}"));
            }
            _ => return None,
        };
        Some(sentence.to_owned())
    }

    /// The last line of `/status`. `router_asked`: nat-helper was needed, heard of or not.
    pub(crate) fn status(&self, router_asked: bool) -> String {
        let nat_helper = self
            .nat_helper
            .or(router_asked.then_some(PluginStatus::Started));
        let others: Vec<_> = [Some(self.transport), nat_helper]
            .into_iter()
            .flatten()
            .collect();
        let runs = |status: &&PluginStatus| **status == PluginStatus::Started;
        let running = ALWAYS + others.iter().filter(runs).count();
        format!("{running} of {} running", ALWAYS + others.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(role: Role, status: PluginStatus) -> PluginChanged {
        PluginChanged { role, status }
    }

    #[test]
    fn processes_are_details_but_for_the_one_that_reaches_the_network() {
        let mut processes = Processes::default();
        let stopped = |role| change(role, PluginStatus::Restarting);
        let said = processes.changed(stopped(Role::Transport), false, false);
        let sentence = "[!] The part that reaches the network stopped and was started again.";
        assert_eq!(said.as_deref(), Some(sentence));
        let said = processes.changed(stopped(Role::Transport), true, false);
        assert_eq!(said, Some(format!("{sentence} Connecting again...")));
        assert_eq!(
            processes.changed(stopped(Role::NatHelper), false, false),
            None
        );
        let said = processes.changed(stopped(Role::NatHelper), false, true);
        let detail = "[*] Process nat-helper stopped and is started again";
        assert_eq!(said.as_deref(), Some(detail));
    }

    #[test]
    fn what_is_needed_and_what_runs_is_counted() {
        let mut processes = Processes::default();
        assert_eq!(processes.status(false), "3 of 3 running");
        assert_eq!(processes.status(true), "4 of 4 running");
        processes.changed(
            change(Role::Transport, PluginStatus::Restarting),
            false,
            false,
        );
        processes.changed(change(Role::NatHelper, PluginStatus::Started), false, false);
        assert_eq!(processes.status(false), "3 of 4 running");
    }
}
