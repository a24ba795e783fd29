//! A router that misbehaves in ways the real daemon cannot: it serves just enough of UPnP, or of
//! PCP and NAT-PMP ([`ports`]), to be found and asked. What it says by UPnP is in [`soap`].
//!
//! It must run inside the lab's `router` namespace, so it is this test binary, started again with
//! [`ROLE`] set. What it is asked for it prints, one action a line.
//!
//! Included by `#[path]`; `crate::nat_lab` is `tests/support/nat_lab.rs`.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

#[path = "fake_router/ports.rs"]
mod ports;
#[path = "fake_router/soap.rs"]
mod soap;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::process::Stdio;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use crate::nat_lab::{KilledOnDrop, NatLab, PUBLIC_IP, ROUTER_IP, lines, next};

/// Set to the router's manner: the address it says it has outside, or one of
///
/// - `hangs`: it takes requests and does not answer;
/// - `hangs-adding`: it opens ports, and does not say so;
/// - `hangs-later`: it hangs once a port is open;
/// - `hangs-since`: it opens a port, and never says a word again;
/// - `refuses`: error 725, whatever it is asked for;
/// - `for-ever-725`, `for-ever-402`: the same, to leases that end;
/// - `any-725`, `any-402`: the same, and another computer has port 8080;
/// - `same-port`: error 724, unless the port is the same inside and outside;
/// - `short`: whatever lease is asked for, its list says 2 s;
/// - `huge`, `huge-soap`: a description, or an answer, of 10 MB;
/// - `drips`, `drips-soap`: one that comes a byte a second;
/// - `endless`: a list without an end, and another computer has port 8080;
/// - `renames`: it keeps another name than it was given;
/// - `rubbish`: a list whose first entry is no text;
/// - `redirects`: it sends everybody elsewhere;
/// - `elsewhere`: it says that its description is at an address that it does not answer from;
/// - `pcp SECONDS`, `nat-pmp SECONDS`: no UPnP, and every port is granted for so long.
const ROLE: &str = "FAKE_ROUTER";

const HTTP_PORT: u16 = 5000;

/// For whatever takes no noticeable time; a loaded machine gets some more.
const SOON: Duration = Duration::from_secs(10);

/// A running fake router; gone when dropped.
pub(crate) struct FakeRouter {
    _child: KilledOnDrop,
    actions: Receiver<String>,
}

impl FakeRouter {
    /// Starts one in `lab`. `entry` is the name of the test that calls [`serve_if_asked`].
    pub(crate) fn start(lab: &NatLab, manner: &str, entry: &str) -> Self {
        let myself = std::env::current_exe().expect("this test binary");
        let mut child = lab
            .command("router", myself)
            .args([entry, "--exact", "--nocapture"])
            .env(ROLE, manner)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the fake router starts");
        let actions = lines(child.stdout.take().expect("piped"));
        let router = Self {
            _child: KilledOnDrop(child),
            actions,
        };
        router.wait_for("serving");
        router
    }

    /// Waits until it was asked for this.
    pub(crate) fn wait_for(&self, action: &str) {
        loop {
            let line = next(&self.actions, SOON).expect("the fake router runs");
            if line.ends_with(action) {
                return;
            }
        }
    }

    /// What it was asked for since.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.actions.try_iter().collect()
    }
}

/// Becomes the fake router where this process was started as one.
pub(crate) fn serve_if_asked() {
    let Ok(manner) = std::env::var(ROLE) else {
        return;
    };
    if let Some((protocol, seconds)) = manner.split_once(' ') {
        return ports::serve(protocol, seconds.parse().expect("a number"));
    }
    let search = UdpSocket::bind("0.0.0.0:1900").expect("port 1900 is free");
    let home: Ipv4Addr = ROUTER_IP.parse().expect("an address");
    search
        .join_multicast_v4(&Ipv4Addr::new(239, 255, 255, 250), &home)
        .expect("multicast");
    let http = TcpListener::bind((Ipv4Addr::UNSPECIFIED, HTTP_PORT)).expect("its port is free");
    let host = match manner.as_str() {
        "elsewhere" => PUBLIC_IP,
        _ => ROUTER_IP,
    };
    std::thread::spawn(move || answer_searches(&search, host));
    println!("serving");
    for stream in http.incoming() {
        let manner = manner.clone();
        let stream = stream.expect("a connection");
        std::thread::spawn(move || answer(stream, &manner));
    }
}

fn answer_searches(socket: &UdpSocket, host: &str) {
    let response = format!(
        "HTTP/1.1 200 OK\r\nLOCATION: http://{host}:{HTTP_PORT}/root.xml\r\n\
         ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n"
    );
    let mut datagram = [0; 1500];
    while let Ok((_, from)) = socket.recv_from(&mut datagram) {
        let _ = socket.send_to(response.as_bytes(), from);
    }
}

/// One request and its response.
fn answer(stream: TcpStream, manner: &str) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |n| n.trim().parse().unwrap_or(0));
    let mut body = String::new();
    reader.take(length).read_to_string(&mut body).ok()?;

    let action = head.lines().find(|line| line.starts_with("soapaction"));
    let action = action.and_then(|line| line.split('#').nth(1));
    let (status, body) = match action {
        Some(action) => {
            let action = action.trim_end_matches('"');
            println!("{action}");
            match manner {
                "hangs" => std::thread::park(),
                "hangs-later" | "hangs-since" if soap::holds_a_port() => std::thread::park(),
                "hangs-adding" | "hangs-since" if action == "addportmapping" => {
                    soap::respond(action, manner, &body);
                    std::thread::park();
                }
                "huge-soap" => return whole(stream, "200 OK", &"<a>".repeat(10_000_000 / 3)),
                "drips-soap" => return drip(stream),
                _ => {}
            }
            soap::respond(action, manner, &body)
        }
        None if head.starts_with("get /root.xml") => {
            println!("root");
            match manner {
                "huge" => ("200 OK", "<a>".repeat(10_000_000 / 3)),
                "redirects" => return redirect(stream),
                "drips" => return drip(stream),
                _ => ("200 OK", soap::ROOT.to_owned()),
            }
        }
        None => ("200 OK", soap::schema(manner)),
    };
    whole(stream, status, &body)
}

fn whole(mut stream: TcpStream, status: &str, body: &str) -> Option<()> {
    // A byte that is in no text.
    let body = body.as_bytes().iter();
    let body: Vec<u8> = body
        .map(|byte| if *byte == 7 { 0xff } else { *byte })
        .collect();
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&body).ok()
}

fn redirect(mut stream: TcpStream) -> Option<()> {
    let elsewhere = "HTTP/1.1 301 Moved\r\nLocation: http://192.168.77.3:5000/root.xml\r\n";
    write!(
        stream,
        "{elsewhere}Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .ok()
}

/// Between two bytes of [`drip`]: less than anybody waits for one read.
const DRIP: Duration = Duration::from_secs(1);

/// No read of it takes long, and all of it takes fifty minutes. Ends with the reader. The slowness is
/// what it plays; nothing waits for it.
fn drip(mut stream: TcpStream) -> Option<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    loop {
        stream.write_all(b" ").ok()?;
        std::thread::sleep(DRIP);
    }
}
