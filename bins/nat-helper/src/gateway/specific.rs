//! One entry of a UPnP router's list, asked for by its port: whose is it, before it is overwritten
//! or removed? `igd-next` asks only for the whole list.

use std::num::NonZeroU16;
use std::time::Duration;

use igd_next::aio::{Provider, tokio::Tokio};

use super::Protocol;
use super::description::unescape;
use super::igd::Igd;
use super::listing::Entry;
use crate::failure::printable;

/// What a router says of one port.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Entry(Entry),
    /// Nobody has it.
    Free,
    /// It does not tell.
    Nothing,
}

/// Asks who has this port outside. The caller limits the time; the library limits the answer to
/// 1 MiB.
pub(super) async fn ask(igd: &Igd, external: NonZeroU16, protocol: Protocol) -> Answer {
    // The library has made sure that it is the router's: a path, or whole where the port differs.
    let url = match igd.control_url.starts_with('/') {
        true => format!("http://{}{}", igd.addr, igd.control_url),
        false => igd.control_url.clone(),
    };
    let action = format!("\"{}#{ACTION}\"", igd.service_type);
    let request = request(&igd.service_type, external, protocol);
    match Tokio::send_async(&url, &action, &request).await {
        Ok(text) => read(&text, external, protocol),
        Err(_) => Answer::Nothing,
    }
}

const ACTION: &str = "GetSpecificPortMappingEntry";

/// "No such entry in array".
const NO_SUCH_ENTRY: &str = "714";

fn request(service: &str, external: NonZeroU16, protocol: Protocol) -> String {
    let protocol = protocol.name().to_ascii_uppercase();
    format!(
        "<?xml version=\"1.0\"?>\r\n\
         <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>\
         <u:{ACTION} xmlns:u=\"{service}\"><NewRemoteHost></NewRemoteHost>\
         <NewExternalPort>{external}</NewExternalPort><NewProtocol>{protocol}</NewProtocol>\
         </u:{ACTION}></s:Body></s:Envelope>\r\n"
    )
}

fn read(text: &str, external: NonZeroU16, protocol: Protocol) -> Answer {
    if element(text, "errorCode") == Some(NO_SUCH_ENTRY) {
        return Answer::Free;
    }
    let entry = || {
        let lease: u64 = element(text, "NewLeaseDuration")?.parse().ok()?;
        Some(Entry {
            external_port: external.get(),
            protocol,
            client: printable(element(text, "NewInternalClient")?),
            port: element(text, "NewInternalPort")?.parse().ok()?,
            ends_in: (lease > 0).then(|| Duration::from_secs(lease)),
            name: printable(&unescape(
                element(text, "NewPortMappingDescription").unwrap_or_default(),
            )),
        })
    };
    entry().map_or(Answer::Nothing, Answer::Entry)
}

/// The text of the first element of this name, whatever its attributes are. Looks at every byte
/// once, since a router may send a megabyte.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let rest = text.match_indices(name).find_map(|(at, _)| {
        let is_start = text[..at].ends_with(['<', ':']) && !text[..at].ends_with("</");
        let rest = &text[at + name.len()..];
        let is_whole = rest.starts_with(|c: char| c == '>' || c.is_whitespace());
        (is_start && is_whole).then_some(rest)
    })?;
    let (_, inside) = rest.split_once('>')?;
    inside.split('<').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_8080(text: &str) -> Answer {
        let port = NonZeroU16::new(8080).expect("not 0");
        read(text, port, Protocol::Tcp)
    }

    #[test]
    fn an_entry_is_read_whatever_its_attributes_are() {
        let text = "<s:Body><u:GetSpecificPortMappingEntryResponse xmlns:u=\"x\">\
            <NewInternalPort xmlns:dt=\"y\" dt:dt=\"ui2\">9090</NewInternalPort>\
            <NewInternalClient>192.168.1.34</NewInternalClient><NewEnabled>1</NewEnabled>\
            <NewPortMappingDescription>a &amp; b</NewPortMappingDescription>\
            <NewLeaseDuration> 58 </NewLeaseDuration></u:GetSpecificPortMappingEntryResponse>";
        let entry = Entry {
            external_port: 8080,
            protocol: Protocol::Tcp,
            client: "192.168.1.34".to_owned(),
            port: 9090,
            ends_in: Some(Duration::from_secs(58)),
            name: "a & b".to_owned(),
        };
        assert_eq!(read_8080(text), Answer::Entry(entry));
        for cut in 0..text.len() {
            let _ = read_8080(&text[..cut]);
        }
    }

    #[test]
    fn only_error_714_means_that_the_port_is_free() {
        let fault = |code| format!("<UPnPError><errorCode>{code}</errorCode></UPnPError>");
        assert_eq!(read_8080(&fault(714)), Answer::Free);
        for other in [fault(401), fault(7140), fault(501), String::new()] {
            assert_eq!(read_8080(&other), Answer::Nothing, "{other}");
        }
    }
}
