use super::*;

/// The whole dialogue: every prompt with its answer, and what was said in between.
fn dialogue(answers: &[&str]) -> (String, Option<UiRequest>) {
    let (mut screen, mut question) = (String::new(), Some(Question::Choice));
    for answer in answers {
        let asked = question.take().expect("a question for every answer");
        screen += &format!("{}{answer}\n", asked.prompt());
        let (steps, next) = asked.answer(answer);
        question = next;
        for step in steps {
            match step {
                Step::Say(sentence) => screen += &format!("{sentence}\n"),
                Step::Quit => screen += "(quit)\n",
                Step::Menu => screen += "(menu)\n",
                Step::Command(command) => screen += &format!("({command})\n"),
                Step::Request(request) => return (screen, Some(request)),
            }
        }
    }
    (screen, None)
}

fn target(answers: &[&str]) -> String {
    match dialogue(answers).1 {
        Some(UiRequest::Connect(connect)) => connect.invite.0.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_listeners_questions_and_mistakes_read_as_designed() {
    let (screen, request) = dialogue(&["7", "1", "80a", "65536", "0"]);
    let expected = "\
Select option: 7
[!] Invalid option
Select option: 1
Port (default 8080): 80a
[!] Invalid port number \"80a\". A port is 1 to 65535 (0: any free one).
Port (default 8080): 65536
[!] Invalid port number \"65536\". A port is 1 to 65535 (0: any free one).
Port (default 8080): 0
";
    assert_eq!(screen, expected);
    let any = UiRequest::Listen(Listen { port: Some(0) });
    assert_eq!(request, Some(any));
}

#[test]
fn enter_at_the_port_listens_on_the_usual_one() {
    let usual = UiRequest::Listen(Listen { port: None });
    assert_eq!(dialogue(&["1", ""]).1, Some(usual));
}

#[test]
fn the_connectors_questions_and_mistakes_read_as_designed() {
    let (screen, _) = dialogue(&["2", "", "203.0.113.7", "0", ""]);
    let expected = "\
Select option: 2
Enter peer IP, hostname or invite: 
[!] IP address required
Enter peer IP, hostname or invite: 203.0.113.7
Enter port (default 8080): 0
[!] Invalid port number \"0\". A port is 1 to 65535.
Enter port (default 8080): 
";
    assert_eq!(screen, expected);
}

#[test]
fn a_port_is_asked_only_where_none_was_given() {
    assert_eq!(target(&["2", "me.example.net", ""]), "me.example.net:8080");
    assert_eq!(target(&["2", "2001:db8::4", "81"]), "[2001:db8::4]:81");
    assert_eq!(target(&["2", "[2001:db8::4]", "81"]), "[2001:db8::4]:81");
    assert_eq!(target(&["2", " 203.0.113.7:81 "]), "203.0.113.7:81");
    assert_eq!(target(&["2", "[2001:db8::4]:81"]), "[2001:db8::4]:81");
}

#[test]
fn an_invite_is_taken_at_both_places_as_it_was_pasted() {
    let pasted = "\"p2pc:203.0.113.7:8080,192.168.1.100:8080\".";
    assert_eq!(target(&[pasted]), pasted);
    assert_eq!(target(&["2", pasted]), pasted);
}

#[test]
fn a_wrong_port_behind_a_host_is_named() {
    let (screen, _) = dialogue(&["2", "203.0.113.7:80a"]);
    assert!(screen.ends_with("[!] Invalid port number \"80a\". A port is 1 to 65535.\n"));
    let (screen, _) = dialogue(&["2", "203.0.113.7:"]);
    assert!(screen.contains("Invalid port number \"\""));
}

#[test]
fn three_says_goodbye_and_commands_to_leave_work_everywhere() {
    assert_eq!(dialogue(&["3"]).0, "Select option: 3\nGoodbye!\n(quit)\n");
    assert!(dialogue(&["2", "/QUIT"]).0.ends_with("(quit)\n"));
}

#[test]
fn enter_at_the_port_in_use_takes_any_free_one() {
    let question = Question::OtherPort(8080);
    let prompt = "[!] Port 8080 is in use on this computer. Another port (Enter: any free one): ";
    assert_eq!(question.prompt(), prompt);
    let (steps, _) = question.answer("");
    let any = UiRequest::Listen(Listen { port: Some(0) });
    assert_eq!(steps, [Step::Request(any)]);
}

#[test]
fn a_code_is_required_and_goes_with_the_call() {
    let question = Question::Code("203.0.113.7:8080".to_owned());
    assert_eq!(question.prompt(), "Code (three words or numbers): ");
    let (steps, next) = question.clone().answer("  ");
    assert_eq!(steps, [Step::Say("[!] Code required".to_owned())]);
    assert_eq!(next, Some(question.clone()));
    let (steps, next) = question.answer(" car lem koa ");
    let call = UiRequest::Connect(Connect {
        invite: "203.0.113.7:8080".into(),
        passcode: Some("car lem koa".into()),
    });
    assert_eq!((steps, next), (vec![Step::Request(call)], None));
}

#[test]
fn menu_leads_back_and_other_commands_leave_the_question_open() {
    let words = Question::Words("carrot lemon koala".to_owned());
    let (steps, next) = words.clone().answer("/status");
    assert_eq!(steps, [Step::Command("/status".to_owned())]);
    assert_eq!(next, Some(words.clone()));
    assert_eq!(words.answer("/Menu"), (vec![Step::Menu], None));
    let (steps, next) = Question::NewCode.answer("");
    assert_eq!(steps, [Step::Command("/newcode".to_owned())]);
    assert_eq!(next, None);
}
