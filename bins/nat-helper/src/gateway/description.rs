//! What a UPnP router calls itself: its description is fetched once more, since `igd-next` keeps
//! neither the name nor the version.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::failure::printable;

/// A description has some 5 kB, and the name stands at its beginning.
const LONGEST: u64 = 65_536;

/// A name is not worth a longer wait.
const LIMIT: Duration = Duration::from_secs(1);

/// Name and version of a router.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) name: Option<String>,
    pub(crate) igd_version: Option<u32>,
}

/// Fetches it; empty where that does not work.
pub(super) async fn fetch(router: SocketAddr, path: &str) -> Description {
    let text = timeout(LIMIT, get(router, path)).await;
    let text = text.ok().and_then(Result::ok).unwrap_or_default();
    read(&String::from_utf8_lossy(&text))
}

async fn get(router: SocketAddr, path: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(router).await?;
    // Version 1.0: the answer ends with the connection, and comes in one piece.
    let request = format!("GET {path} HTTP/1.0\r\nHost: {router}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut text = Vec::new();
    stream.take(LONGEST).read_to_end(&mut text).await?;
    Ok(text)
}

fn read(text: &str) -> Description {
    let name = between(text, "<friendlyName>", "</friendlyName>");
    let version = between(text, "device:InternetGatewayDevice:", "<");
    Description {
        name: name
            .map(|name| printable(&unescape(name)))
            .filter(|name| !name.is_empty()),
        igd_version: version.and_then(|version| version.trim().parse().ok()),
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inside, _)| inside)
}

pub(super) fn unescape(text: &str) -> String {
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
    ];
    let plain = named
        .into_iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    // Last, so that what it uncovers stays as it is.
    plain.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_and_the_version_are_the_routers() {
        let text = "HTTP/1.0 200 OK\r\n\r\n<deviceType>urn:schemas-upnp-org:device:\
            InternetGatewayDevice:2</deviceType><friendlyName>Tom &amp; Ann's \u{1b}[31m\
            box</friendlyName><device><friendlyName>WANDevice</friendlyName></device>";
        let description = read(text);
        assert_eq!(
            description.name.as_deref(),
            Some("Tom & Ann's \\u{1b}[31mbox")
        );
        assert_eq!(description.igd_version, Some(2));
        assert_eq!(read("<friendlyName>"), Description::default());
    }
}
