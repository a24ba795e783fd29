#!/usr/bin/env python3
"""A plugin with one fault: faulty_plugin.py ROLE FAULT, in any of the roles.

With the fault "none" it does what the specification asks. Each other one fails exactly one check of
`p2p-chat check`; tests/check.rs says which. Faults that need to remember a run use the folder
$FAULTY_STATE. $FAULTY_KNOWN is what it knows: {"types": [of messages it is told], "fields": [of all]}.
"""
import json, os, sys, time

ROLE, FAULT = sys.argv[1:]
MAX_LINE = 262_144

KNOWN = json.loads(os.environ["FAULTY_KNOWN"])


def write(text):
    os.write(1, text.encode())


def say(**message):
    write(json.dumps(message) + "\n")


def begin():
    """Everything up to the hello."""
    if FAULT == "exits":
        sys.exit("I do not feel like it")
    if FAULT == "locks":
        lock = os.path.join(os.environ["FAULTY_STATE"], "lock")
        if os.path.exists(lock):
            sys.exit("already running")
        open(lock, "w").close()
    if FAULT == "waits":
        sys.stdin.buffer.readline()
    if FAULT == "greets":
        write("Hello, I am a plugin!\n")
    hello = {"protocol": 1, "role": ROLE, "name": "faulty"}
    if FAULT == "old":
        hello["protocol"] = 0
    if FAULT == "misplaced":
        hello["role"] = "transport" if ROLE == "ui" else "ui"
    if FAULT == "nameless":
        del hello["name"]
    say(type="hello", **hello)


def parse(number, line):
    """The message in a line, or None."""
    if FAULT == "trips_over_mark" and line.startswith(b"\xef\xbb\xbf"):
        sys.exit("what is this at the start")
    if FAULT == "trips_over_return" and line.endswith(b"\r\n"):
        sys.exit("what is this at the end")
    if FAULT == "trips_over_blank" and not line.strip():
        sys.exit("where is the line")
    if FAULT == "reads_in_pieces" and len(line) > 65_536:
        sys.exit("too long for me")
    try:
        message = json.loads(line.decode("utf-8-sig" if number == 0 else "utf-8"))
        if isinstance(message, dict) and isinstance(message["type"], str):
            return message
    except (ValueError, KeyError):
        if FAULT == "trips_over_garbage" and line.strip():
            raise
    if not line.strip():
        return None
    if FAULT == "answers_garbage":
        say(type="error", code="invalid_message", message="no message")
    return None


def reply(message, **event):
    """Answers a request, where it wants that."""
    if "id" in message and not (FAULT == "takes_0_for_none" and not message["id"]):
        number = message["id"] & 0xFFFF_FFFF if FAULT == "takes_ids_for_small" else message["id"]
        say(reply_to=number, **event)
        if FAULT == "answers_twice" and event["type"] == "ok":
            say(reply_to=number, **event)
    elif FAULT == "always_answers":
        say(**event)


def refuse(message, code):
    if "id" in message:
        say(type="error", reply_to=message["id"], code=code, message="No.")


def answer(message, state):
    """What transport and nat-helper do."""
    kind = message["type"]
    if kind not in KNOWN["types"]:
        if FAULT == "answers_strangers" and "id" not in message:
            say(type="error", code="unknown_type", message="No.")
        if FAULT != "ignores_questions":
            refuse(message, "unknown_type")
    elif kind in ("listen", "unmap_port") and not isinstance(message.get("port"), int) and FAULT != "believes":
        refuse(message, "invalid_message")
    elif kind == "listen" and state["listening"] and FAULT != "listens_twice":
        refuse(message, "busy")
    elif kind == "listen":
        state["listening"] = True
        port = 0 if FAULT == "listens_nowhere" else 40_000
        reply(message, type="listening", addresses=["127.0.0.1:%d" % port], own_addresses=[])
    elif kind == "send":
        refuse(message, "not_connected")
    elif kind != "welcome":
        state["listening"] = state["listening"] and kind != "disconnect"
        if not (FAULT == "forgets" and kind == "stop_listening"):
            reply(message, type="ok")


def serve(state):
    for number, line in enumerate(sys.stdin.buffer):
        message = parse(number, line)
        if message is None:
            continue
        kind = message["type"]
        state["active"] = kind != "welcome"
        if FAULT == "knows_all_fields" and any(name not in KNOWN["fields"] for name in message):
            sys.exit("strange field")
        if FAULT == "knows_all_types" and kind not in KNOWN["types"] and "id" not in message:
            sys.exit("strange type")
        if FAULT == "has_no_peers" and message.get("from") == "peer":
            sys.exit("who is that")
        if FAULT == "has_no_plugins" and kind == "plugin_changed":
            sys.exit("what is that")
        if FAULT == "chatters":
            write("got a %s\n" % kind)
        if FAULT == "invents" and kind == "welcome":
            say(type="refresh", colour="blue")
        if ROLE != "ui":
            answer(message, state)


def end(state):
    if FAULT == "writes_a_novel":
        say(type="ok", text="x" * MAX_LINE)
    if FAULT == "leaves_a_child" and os.fork() == 0:
        time.sleep(6)
        os._exit(0)
    if FAULT == "never_ends" and not state["active"]:
        time.sleep(60)
    if FAULT == "complains_at_the_end" and not state["active"]:
        sys.exit(1)
    if FAULT == "cannot_be_interrupted" and state["active"]:
        sys.exit(1)


begin()
state = {"active": False, "listening": False}
serve(state)
end(state)
