//! `nat-helper` without a command: router, addresses, verdict.

use std::io;
use std::process::ExitCode;

use p2p_chat_protocol::nat::{NatEvent, Probed};

use super::{Output, code_of};
use crate::network::Choice;
use crate::probe;

/// What router there is, and whether it makes this computer reachable.
pub(crate) async fn status(choice: &Choice, output: Output) -> io::Result<ExitCode> {
    let probed = probe::probe(choice, probe::OTHERS_WAIT).await.probed;
    for (name, value) in rows(&probed) {
        output.say(&format!("{name:<16}{value}"))?;
    }
    let code = code_of(probed.reach);
    output.event(&NatEvent::Probed(probed))?;
    Ok(code)
}

fn rows(probed: &Probed) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(gateway) = &probed.gateway {
        let name = probed.gateway_name.as_ref();
        let name = name.map(|name| format!(" ({name:?})")).unwrap_or_default();
        let methods: Vec<_> = probed.methods.iter().map(|m| method(m, probed)).collect();
        let how = match methods.is_empty() {
            true => "which does not answer".to_owned(),
            false => format!("asked by {}{name}", methods.join(", ")),
        };
        rows.push(("Router", format!("{gateway}, {how}")));
    }
    if let Some(ip) = &probed.local_ip {
        let on = probed.interface.as_ref();
        let on = on.map(|name| format!(" ({name})")).unwrap_or_default();
        rows.push(("This computer", format!("{ip}{on}")));
    }
    if let Some(ip) = &probed.external_ip {
        rows.push(("Public address", ip.clone()));
    }
    if let Some(ip) = &probed.ipv6 {
        let how = match &probed.ipv6_method {
            Some(code) => format!("the router opens it on request ({})", method_name(code)),
            None => "the router does not open it on request".to_owned(),
        };
        rows.push(("IPv6", format!("{ip}, {how}")));
    }
    if let Some(verdict) = &probed.verdict {
        rows.push(("Verdict", verdict.clone()));
    }
    rows
}

fn method(code: &str, probed: &Probed) -> String {
    match (code, probed.igd_version) {
        ("upnp", Some(version)) => format!("UPnP IGD {version}"),
        _ => method_name(code).to_owned(),
    }
}

fn method_name(code: &str) -> &str {
    match code {
        "pcp" => "PCP",
        "nat-pmp" => "NAT-PMP",
        _ => "UPnP",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_a_row_for_all_that_is_known() {
        let some = |text: &str| Some(text.to_owned());
        let probed = Probed {
            gateway: some("192.168.1.1"),
            gateway_name: some("FRITZ!Box 7590"),
            local_ip: some("192.168.1.100"),
            interface: some("wlan0"),
            external_ip: some("203.0.113.7"),
            methods: ["pcp", "nat-pmp", "upnp"].map(str::to_owned).to_vec(),
            igd_version: Some(2),
            ipv6: some("2001:db8:77::2"),
            ipv6_method: some("pcp"),
            verdict: some("Reachable: this router forwards ports on request."),
            ..Probed::default()
        };
        let rows: Vec<_> = rows(&probed)
            .into_iter()
            .map(|(name, value)| format!("{name:<16}{value}"))
            .collect();
        assert_eq!(
            rows,
            [
                "Router          192.168.1.1, asked by PCP, NAT-PMP, UPnP IGD 2 (\"FRITZ!Box 7590\")",
                "This computer   192.168.1.100 (wlan0)",
                "Public address  203.0.113.7",
                "IPv6            2001:db8:77::2, the router opens it on request (PCP)",
                "Verdict         Reachable: this router forwards ports on request.",
            ]
        );
    }
}
