//! What the fake router says by UPnP, and which ports it holds.

use std::net::Ipv4Addr;
use std::sync::Mutex;

/// An open port: outside, tcp or udp, inside, this computer's, its name, its lease.
struct Open {
    external: String,
    protocol: String,
    internal: String,
    client: String,
    name: String,
    lease: String,
}

static OPEN: Mutex<Vec<Open>> = Mutex::new(Vec::new());

/// Whether a port is open.
pub(super) fn holds_a_port() -> bool {
    !OPEN.lock().expect("no panic").is_empty()
}

/// The response to an action.
pub(super) fn respond(action: &str, manner: &str, body: &str) -> (&'static str, String) {
    let field = |name: &str| {
        let value = body.split(&format!("<{name}>")).nth(1);
        value
            .and_then(|value| value.split('<').next())
            .unwrap_or("")
    };
    let ends = field("NewLeaseDuration") != "0";
    let fault = match (action, manner) {
        ("addportmapping", "refuses") => Some(725),
        ("addportmapping", "for-ever-725") if ends => Some(725),
        ("addportmapping", "for-ever-402") if ends => Some(402),
        ("addportmapping", "any-725" | "any-402" | "endless")
            if field("NewExternalPort") == "8080" =>
        {
            Some(718)
        }
        ("addanyportmapping", "any-725") if ends => Some(725),
        ("addanyportmapping", "any-402") if ends => Some(402),
        ("addportmapping", "same-port") if field("NewExternalPort") != field("NewInternalPort") => {
            Some(724)
        }
        ("getspecificportmappingentry", "endless" | "rubbish") => Some(401),
        _ => None,
    };
    if let Some(code) = fault {
        return failed(code);
    }
    let mut open = OPEN.lock().expect("no panic");
    let is_meant = |entry: &Open| {
        entry.external == field("NewExternalPort") && entry.protocol == field("NewProtocol")
    };
    let (name, fields) = match action {
        "getexternalipaddress" => {
            let ip = match manner.parse::<Ipv4Addr>() {
                Ok(_) => manner,
                Err(_) => "128.66.0.1",
            };
            let field = format!("<NewExternalIPAddress>{ip}</NewExternalIPAddress>");
            ("GetExternalIPAddressResponse", field)
        }
        "addportmapping" | "addanyportmapping" => {
            open.retain(|entry| !is_meant(entry));
            open.push(Open {
                external: field("NewExternalPort").to_owned(),
                protocol: field("NewProtocol").to_owned(),
                internal: field("NewInternalPort").to_owned(),
                client: field("NewInternalClient").to_owned(),
                name: match manner {
                    "renames" => "P2P-CH".to_owned(),
                    _ => field("NewPortMappingDescription").to_owned(),
                },
                lease: match manner {
                    "short" => "2".to_owned(),
                    _ => field("NewLeaseDuration").to_owned(),
                },
            });
            let port = field("NewExternalPort");
            match action {
                "addportmapping" => ("AddPortMappingResponse", String::new()),
                _ => (
                    "AddAnyPortMappingResponse",
                    format!("<NewReservedPort>{port}</NewReservedPort>"),
                ),
            }
        }
        "getspecificportmappingentry" => match open.iter().find(|entry| is_meant(entry)) {
            Some(entry) => ("GetSpecificPortMappingEntryResponse", entry.fields()),
            None => return failed(714),
        },
        "getgenericportmappingentry" => {
            let index: usize = field("NewPortMappingIndex").parse().unwrap_or(0);
            let before = usize::from(manner == "rubbish");
            let entry = index.checked_sub(before).and_then(|index| open.get(index));
            match (entry, manner) {
                (None, "rubbish") if index == 0 => {
                    let fields = others(0, "\u{7}").fields();
                    ("GetGenericPortMappingEntryResponse", fields)
                }
                (Some(entry), _) => ("GetGenericPortMappingEntryResponse", entry.fields()),
                (None, "endless") => {
                    let fields = others(index, &"x".repeat(10_000)).fields();
                    ("GetGenericPortMappingEntryResponse", fields)
                }
                (None, _) => return failed(713),
            }
        }
        _ => {
            open.retain(|entry| !is_meant(entry));
            ("DeletePortMappingResponse", String::new())
        }
    };
    let urn = "urn:schemas-upnp-org:service:WANIPConnection:1";
    let inner = format!("<u:{name} xmlns:u=\"{urn}\">{fields}</u:{name}>");
    ("200 OK", soap(&inner))
}

/// One of another computer.
fn others(index: usize, name: &str) -> Open {
    Open {
        external: (1024 + index % 60_000).to_string(),
        protocol: "TCP".to_owned(),
        internal: "80".to_owned(),
        client: "192.168.77.3".to_owned(),
        name: name.to_owned(),
        lease: "0".to_owned(),
    }
}

impl Open {
    fn fields(&self) -> String {
        format!(
            "<NewRemoteHost></NewRemoteHost><NewExternalPort>{}</NewExternalPort>\
             <NewProtocol>{}</NewProtocol><NewInternalPort>{}</NewInternalPort>\
             <NewInternalClient>{}</NewInternalClient><NewEnabled>1</NewEnabled>\
             <NewPortMappingDescription>{}</NewPortMappingDescription>\
             <NewLeaseDuration>{}</NewLeaseDuration>",
            self.external, self.protocol, self.internal, self.client, self.name, self.lease
        )
    }
}

fn soap(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <s:Body>{inner}</s:Body></s:Envelope>"
    )
}

fn failed(code: u16) -> (&'static str, String) {
    let fault = format!(
        "<s:Fault><detail><UPnPError><errorCode>{code}</errorCode>\
         <errorDescription>said the router</errorDescription></UPnPError></detail></s:Fault>"
    );
    ("500 Internal Server Error", soap(&fault))
}

pub(super) const ROOT: &str = "<?xml version=\"1.0\"?><root><device><serviceList><service>\
    <serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>\
    <SCPDURL>/schema.xml</SCPDURL><controlURL>/control</controlURL>\
    </service></serviceList></device></root>";

/// The actions it knows, each with the fields that it wants to be told.
pub(super) fn schema(manner: &str) -> String {
    let adding = [
        "NewRemoteHost",
        "NewExternalPort",
        "NewProtocol",
        "NewInternalPort",
        "NewInternalClient",
        "NewEnabled",
        "NewPortMappingDescription",
        "NewLeaseDuration",
    ];
    let mut actions = vec![
        ("AddPortMapping", &adding[..]),
        ("DeletePortMapping", &adding[..3]),
    ];
    if manner.starts_with("any-") {
        actions.push(("AddAnyPortMapping", &adding[..]));
    }
    let actions = actions.iter().map(|(name, fields)| {
        let fields = fields.iter().map(|field| {
            format!("<argument><name>{field}</name><direction>in</direction></argument>")
        });
        let fields: String = fields.collect();
        format!("<action><name>{name}</name><argumentList>{fields}</argumentList></action>")
    });
    let actions: String = actions.collect();
    format!("<?xml version=\"1.0\"?><scpd><actionList>{actions}</actionList></scpd>")
}
