//! A router that misbehaves in ways the real daemon cannot: it serves just enough of UPnP to be
//! found and asked.
//!
//! It must run inside the lab's `router` namespace, so it is this test binary, started again with
//! [`ROLE`] set. What it is asked for it prints, one action a line.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::process::Stdio;
use std::sync::mpsc::Receiver;

use crate::support::SOON;
use crate::support::nat_lab::{KilledOnDrop, NatLab, ROUTER_IP, lines, next};

/// Set to the router's manner: the address it says it has outside, or `hangs`, or `refuses`.
const ROLE: &str = "FAKE_ROUTER";

const HTTP_PORT: u16 = 5000;

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
    let search = UdpSocket::bind("0.0.0.0:1900").expect("port 1900 is free");
    let home = ROUTER_IP.parse().expect("an address");
    search
        .join_multicast_v4(&Ipv4Addr::new(239, 255, 255, 250), &home)
        .expect("multicast");
    let http = TcpListener::bind((home, HTTP_PORT)).expect("its port is free");
    std::thread::spawn(move || answer_searches(&search));
    println!("serving");
    for stream in http.incoming() {
        let manner = manner.clone();
        let stream = stream.expect("a connection");
        std::thread::spawn(move || answer(stream, &manner));
    }
}

fn answer_searches(socket: &UdpSocket) {
    let response = format!(
        "HTTP/1.1 200 OK\r\nLOCATION: http://{ROUTER_IP}:{HTTP_PORT}/root.xml\r\n\
         ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n"
    );
    let mut datagram = [0; 1500];
    while let Ok((_, from)) = socket.recv_from(&mut datagram) {
        let _ = socket.send_to(response.as_bytes(), from);
    }
}

/// One request and its response.
fn answer(mut stream: TcpStream, manner: &str) -> Option<()> {
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
    reader.take(length).read_to_end(&mut Vec::new()).ok()?;

    let action = head.lines().find(|line| line.starts_with("soapaction"));
    let action = action.and_then(|line| line.split('#').nth(1));
    let (status, body) = match action {
        Some(action) => {
            let action = action.trim_end_matches('"');
            println!("{action}");
            if manner == "hangs" {
                std::thread::park();
            }
            respond(action, manner)
        }
        None if head.starts_with("get /root.xml") => ("200 OK", ROOT.to_owned()),
        None => ("200 OK", SCHEMA.to_owned()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .ok()
}

fn respond(action: &str, manner: &str) -> (&'static str, String) {
    let soap = |inner: &str| {
        format!(
            "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
             <s:Body>{inner}</s:Body></s:Envelope>"
        )
    };
    let done = |name: &str, fields: &str| {
        let urn = "urn:schemas-upnp-org:service:WANIPConnection:1";
        (
            "200 OK",
            soap(&format!("<u:{name} xmlns:u=\"{urn}\">{fields}</u:{name}>")),
        )
    };
    match action {
        "getexternalipaddress" => {
            let ip = if manner == "refuses" {
                "128.66.0.1"
            } else {
                manner
            };
            let field = format!("<NewExternalIPAddress>{ip}</NewExternalIPAddress>");
            done("GetExternalIPAddressResponse", &field)
        }
        // A router that grants nothing but what lasts for ever.
        "addportmapping" if manner == "refuses" => (
            "500 Internal Server Error",
            soap(
                "<s:Fault><detail><UPnPError><errorCode>725</errorCode>\
                 <errorDescription>OnlyPermanentLeasesSupported</errorDescription>\
                 </UPnPError></detail></s:Fault>",
            ),
        ),
        "addportmapping" => done("AddPortMappingResponse", ""),
        _ => done("DeletePortMappingResponse", ""),
    }
}

const ROOT: &str = "<?xml version=\"1.0\"?><root><device><serviceList><service>\
    <serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>\
    <SCPDURL>/schema.xml</SCPDURL><controlURL>/control</controlURL>\
    </service></serviceList></device></root>";

const SCHEMA: &str = "<?xml version=\"1.0\"?><scpd><actionList>\
    <action><name>AddPortMapping</name><argumentList><argument>\
    <name>NewExternalPort</name><direction>in</direction></argument></argumentList></action>\
    <action><name>DeletePortMapping</name><argumentList><argument>\
    <name>NewExternalPort</name><direction>in</direction></argument></argumentList></action>\
    </actionList></scpd>";
