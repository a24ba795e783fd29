//! What goes wrong is said in a sentence, and in the exit code.

mod support;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};
use support::Chat;

/// Runs to the end; the exit code and everything it said.
fn run(chat: Chat) -> (Option<i32>, String) {
    let mut program = chat.piped();
    program.end_input();
    let code = program.exit_code();
    (code, program.stdout.all() + &program.stderr.all())
}

fn assert_says(chat: Chat, code: i32, sentence: &str) {
    let (found, said) = run(chat);
    assert!(said.contains(sentence), "{said}");
    assert_eq!(found, Some(code), "{said}");
}

#[test]
fn a_wrong_port_is_named() {
    for port in ["80a", "65536", "-1"] {
        let sentence = if port == "-1" {
            "unexpected argument"
        } else {
            "A port is 1 to 65535"
        };
        assert_says(
            Chat::new(&["listen", port, "--insecure-legacy"]),
            2,
            sentence,
        );
    }
    let connect = Chat::new(&["connect", "host:80a", "--insecure-legacy"]);
    assert_says(connect, 2, "Invalid port number \"80a\"");
}

#[test]
fn what_would_mix_a_secure_chat_with_an_insecure_one_is_refused() {
    for args in [
        &["listen", "--insecure-legacy", "--no-code"][..],
        &["connect", "127.0.0.1", "--insecure-legacy", "--no-code"],
        &["connect", "--insecure-legacy", "--code-file", "code"],
        &["--insecure-legacy", "--no-code"],
    ] {
        assert_says(
            Chat::new(args),
            3,
            "[!] An INSECURE chat knows neither codes nor words.",
        );
    }
}

#[test]
fn a_code_file_that_holds_none_is_named() {
    let missing = ["connect", "127.0.0.1", "--code-file", "/no/such/file"];
    assert_says(
        Chat::new(&missing),
        2,
        "[!] Cannot read the code from /no/such/file:",
    );
    let empty = ["connect", "127.0.0.1", "--code-file", "/dev/null"];
    assert_says(
        Chat::new(&empty),
        2,
        "[!] The first line of /dev/null holds no code.",
    );
}

#[test]
fn a_code_in_the_arguments_is_refused_and_never_repeated() {
    let code = "carrot-lemon-koala";
    let invite = format!("p2pc:127.0.0.1:8080#{code}");
    for args in [
        &["connect", &invite][..],
        &[&invite],
        &["connect", "p2pc:127.0.0.1:8080#carrot-lem"],
        &["connect", "127.0.0.1#carrot-lemon-koala"],
        &["connect", "127.0.0.1", code],
        &["connect", "127.0.0.1", "--code", code],
        &["connect", code],
        &["connect", "127.0.0.1", "carrot", "lemon", "koala"],
    ] {
        let (exit, said) = run(Chat::new(args));
        let sentence = "[!] A code on the command line can be read by other programs.";
        assert!(said.starts_with(sentence), "{args:?}: {said}");
        assert!(!said.contains("carrot"), "{args:?}: {said}");
        assert_eq!(exit, Some(3), "{args:?}");
    }
}

#[test]
fn a_code_pasted_into_a_chat_without_codes_is_refused() {
    for option in ["--insecure-legacy", "--no-code"] {
        let mut connector = Chat::new(&["connect", option]).piped();
        connector.line("p2pc:127.0.0.1:9#carrot-lemon-koala");
        connector.expect("[!] ");
        assert_eq!(connector.exit_code(), Some(3), "{option}");
    }
}

#[test]
fn a_port_in_use_is_said() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let listen = ["listen", &port, "--bind", "127.0.0.1", "--insecure-legacy"];
    assert_says(
        Chat::new(&listen),
        1,
        &format!("[!] Port {port} is in use on this computer."),
    );
}

#[test]
fn an_output_that_takes_nothing_is_said() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("Linux");
    let listener = std::process::Command::new(support::program())
        .args([
            "listen",
            "0",
            "--bind",
            "127.0.0.1",
            "--no-nat",
            "--insecure-legacy",
        ])
        .stdin(std::process::Stdio::null())
        .stdout(full)
        .output()
        .expect("it starts");
    let complaint = String::from_utf8_lossy(&listener.stderr);
    assert!(
        complaint.contains("cannot write to standard output"),
        "{complaint}"
    );
    assert_eq!(listener.status.code(), Some(70));
}

/// A socket that has a port of this computer, and does not listen: callers are refused.
fn bound() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    socket.bind(&any.into()).expect("bound");
    let address = socket.local_addr().expect("bound").as_socket();
    (socket, address.expect("TCP"))
}

#[test]
fn a_refused_connection_is_said() {
    let (_refuses, address) = bound();
    let port = address.port();
    let sentence =
        format!("[!] Connection refused: 127.0.0.1:{port} answered, but nobody listens there.");
    assert_says(Chat::connect(port), 69, &sentence);
}

#[test]
fn an_unknown_name_is_said() {
    let chat = Chat::new(&["connect", "no-such-computer.invalid", "--insecure-legacy"]);
    assert_says(
        chat,
        69,
        "[!] No computer is called \"no-such-computer.invalid\".",
    );
}

#[test]
fn no_answer_in_ten_seconds_is_said() {
    // One connection fills the queue of a listener that accepts nobody; the next gets no answer.
    let (full, address) = bound();
    full.listen(0).expect("it listens");
    let _first = std::net::TcpStream::connect(address).expect("the queue takes one");
    let port = address.port();
    let sentence = format!("[!] Connection timed out: Unable to reach 127.0.0.1:{port}.");
    assert_says(Chat::connect(port), 69, &sentence);
}

#[test]
fn mistakes_in_the_menu_are_named_and_asked_again() {
    let mut menu = Chat::new(&[]).on_screen();
    menu.expect_prompt("Select option:");
    menu.keys("7\r")
        .expect("[!] Invalid option")
        .expect_prompt("Select option:");
    menu.keys("1\r").expect_prompt("Port (default 8080):");
    menu.keys("80a\r")
        .expect("[!] Invalid port number \"80a\".");
    menu.expect_prompt("Port (default 8080):");
    drop(menu);
    let mut menu = Chat::new(&[]).on_screen();
    menu.expect_prompt("Select option:");
    menu.keys("2\r")
        .expect_prompt("Enter peer IP, hostname or invite:");
    menu.keys("\r").expect("[!] IP address required");
    menu.expect_prompt("Enter peer IP, hostname or invite:");
    menu.keys("no such\r")
        .expect("[!] \"no such\" is neither an IP address nor a name");
    menu.expect_prompt("Enter peer IP, hostname or invite:");
}

#[test]
fn a_port_in_use_is_asked_again_in_the_menu() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port();
    let mut menu = Chat::new(&["--bind", "127.0.0.1", "--insecure-legacy"]).on_screen();
    menu.expect_prompt("Select option:");
    menu.keys("1\r").expect_prompt("Port (default 8080):");
    menu.keys(&format!("{port}\r"))
        .expect("is in use on this computer.");
    menu.expect("Another port (Enter: any free one):");
    menu.keys("\r").expect("[*] Listening on 127.0.0.1:");
}

#[test]
fn after_a_failed_attempt_the_menu_is_back() {
    let (_refuses, address) = bound();
    let mut menu = Chat::new(&["--insecure-legacy"]).on_screen();
    menu.expect_prompt("Select option:");
    menu.keys("2\r")
        .expect_prompt("Enter peer IP, hostname or invite:");
    menu.keys(&format!("{address}\r"))
        .expect("[!] Connection refused:");
    menu.expect_prompt("Select option:");
}
