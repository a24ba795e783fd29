//! A computer gets another address in the middle of a chat: in networks of the tests' own, one for
//! each of the two.

use std::process::{Child, Command, Stdio};

use rustix::process::Signal;
use serde_json::json;

use crate::alone::alone;
use crate::support::json_process::JsonProcess;
use crate::support::{CLEARED, children_of, program, signal, wait_until};

/// Joins the listener's network, which this test is in, with the connector's.
const JOIN: &str = "
ip link add a0 type veth peer name b0
ip link set b0 netns $there
ip addr add 10.1.0.1/24 dev a0
ip link set a0 up
ip route add default via 10.1.0.254
nsenter -t $there -n ip link set lo up
nsenter -t $there -n ip addr add 10.1.0.2/24 dev b0
nsenter -t $there -n ip link set b0 up
nsenter -t $there -n ip route add default via 10.1.0.1";

#[test]
fn a_connector_with_another_address_finds_the_line_dead_and_calls_again() {
    if !alone("moving::a_connector_with_another_address_finds_the_line_dead_and_calls_again") {
        return;
    }
    let there = There::joined();
    let (mut listener, mut connector) = there.chatting("10.1.0.1");
    there.shell(
        "nsenter -t $there -n ip addr del 10.1.0.2/24 dev b0
         nsenter -t $there -n ip addr add 10.1.0.3/24 dev b0
         nsenter -t $there -n ip route add default via 10.1.0.1",
    );
    // Nobody says a word: without a PING it would last 75 s.
    let cut = connector.event("peer_disconnected");
    assert_eq!(
        (&cut["reason"], &cut["redialing"]),
        (&json!("cut"), &json!(true))
    );
    let again = connector.event("peer_connected");
    assert_eq!(again["resumed"], true);
    let from = again["local_address"].as_str().expect("an address");
    assert!(from.starts_with("10.1.0.3:"), "{from}");
    says(&mut connector, &mut listener, "from elsewhere");
}

#[test]
fn a_listener_that_moved_is_called_at_the_address_it_told() {
    if !alone("moving::a_listener_that_moved_is_called_at_the_address_it_told") {
        return;
    }
    let there = There::joined();
    let (mut listener, mut connector) = there.chatting("10.1.0.1");
    there.shell(
        "ip addr add 10.3.0.1/24 dev a0
         ip route replace default via 10.1.0.254 src 10.3.0.1",
    );
    wait_until("it notices its other address", || {
        let told = listener.so_far("listening");
        let own = told.last().map(|event| event["own_addresses"].to_string());
        own.is_some_and(|own| own.contains("10.3.0.1"))
    });
    // It tells that before what it says next.
    says(&mut listener, &mut connector, "I have moved");
    there.shell(
        "ip addr del 10.1.0.1/24 dev a0
         ip route add 10.1.0.0/24 dev a0 src 10.3.0.1
         nsenter -t $there -n ip route add 10.3.0.0/24 dev b0",
    );
    kill_transport(&connector);
    let again = connector.event("peer_connected");
    let to = again["address"].as_str().expect("an address");
    assert!(
        to.starts_with("10.3.0.1:") && again["resumed"] == true,
        "{again}"
    );
    says(&mut connector, &mut listener, "found you");
}

#[test]
fn a_name_is_resolved_again_for_every_redial() {
    if !alone("moving::a_name_is_resolved_again_for_every_redial") {
        return;
    }
    let there = There::here();
    let hosts = tempfile::NamedTempFile::new().expect("a file");
    let leads_to = |address: &str| {
        std::fs::write(hosts.path(), format!("{address} friend.test\n")).expect("written");
    };
    leads_to("127.0.0.1");
    there.shell(&format!(
        "mount --bind {} /etc/hosts",
        hosts.path().display()
    ));
    let (mut listener, mut connector) = there.chatting("friend.test");
    leads_to("127.0.0.2");
    kill_transport(&listener);
    let again = connector.event("peer_connected");
    let to = again["address"].as_str().expect("an address");
    assert!(
        to.starts_with("127.0.0.2:") && again["resumed"] == true,
        "{again}"
    );
    says(&mut connector, &mut listener, "under your name");
}

/// Where the connector is.
struct There(Option<Child>);

impl There {
    /// In the listener's own network.
    fn here() -> Self {
        Self(None)
    }

    /// In another network, joined to the listener's.
    fn joined() -> Self {
        let child = Command::new("unshare")
            .args(["--net", "sleep", "1000"])
            .stdin(Stdio::null())
            .spawn()
            .expect("unshare runs");
        let network = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        let pid = child.id().to_string();
        wait_until("there is another network", || {
            network(&pid) != network("self")
        });
        let there = Self(Some(child));
        there.shell(JOIN);
        there
    }

    /// Runs commands, which know the other network as `$there`.
    fn shell(&self, commands: &str) {
        let pid = self.0.as_ref().map_or(0, Child::id);
        let status = Command::new("sh")
            .args(["-euc", commands])
            .env("there", pid.to_string())
            .status();
        assert!(status.expect("sh runs").success(), "{commands}");
    }

    /// p2p-chat with these arguments, here or there; the test is its ui.
    fn p2p_chat(&self, there: bool, arguments: &[&str]) -> JsonProcess {
        let mut command = match &self.0 {
            Some(child) if there => {
                let mut command = Command::new("nsenter");
                command.args(["-t", &child.id().to_string(), "-n", program()]);
                command
            }
            _ => Command::new(program()),
        };
        for name in CLEARED {
            command.env_remove(name);
        }
        command.args(arguments).args(["--no-nat", "--ui", "-"]);
        let mut process = JsonProcess::spawn(&mut command, "type");
        process.say(&json!({ "type": "hello", "protocol": 1, "role": "ui", "name": "test" }));
        process
    }

    /// Two that chat; the connector calls the listener by this name.
    fn chatting(&self, host: &str) -> (JsonProcess, JsonProcess) {
        let mut listener = self.p2p_chat(false, &["listen", "0"]);
        let up = listener.event("listening");
        let address = up["addresses"][0].as_str().expect("an address");
        let (_, port) = address.rsplit_once(':').expect("a port");
        let invite = format!("{host}:{port}");
        let mut connector = self.p2p_chat(true, &["connect", &invite]);
        connector.event("input_needed");
        let passcode = &up["passcode"];
        let connect = json!({ "type": "connect", "id": 1, "invite": invite, "passcode": passcode });
        connector.say(&connect);
        for side in [&mut listener, &mut connector] {
            side.event("peer_connected");
        }
        says(&mut connector, &mut listener, "hello");
        (listener, connector)
    }
}

impl Drop for There {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // With it the network ends.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// One says something, and it comes.
fn says(from: &mut JsonProcess, to: &mut JsonProcess, text: &str) {
    from.say(&json!({ "type": "send_message", "text": text }));
    while to.event("message_added")["text"] != text {}
}

fn kill_transport(of: &JsonProcess) {
    let mut transports = children_of(of.pid()).into_iter();
    let transport = transports.find(|(_, name)| name == "transport");
    signal(transport.expect("it runs").0, Signal::KILL);
}
