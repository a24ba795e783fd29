"""A peer to be driven by a test:

    python -m p2pc connect 127.0.0.1 PORT --mode code|words|resume
    python -m p2pc listen [--port 0] --mode code|words|resume

Lines of standard input and output are JSON objects. The first line of input is {"code": "three
words"} in mode code, {"tickets": […]} in mode resume; in mode words there is none. Then, while a
session lasts:

    {"do": "send", "payload": ANY}      {"do": "ping"}      {"do": "rekey"}     connector only
    {"do": "verify", "words": "…"}      {"do": "close", "reason": 0}            {"do": "cut"}
    {"do": "record", "type": 200, "body_b64": ""}       any record at all, rules broken or not

Output is {"event": …}: listening, connected, words, checked, verified, tickets, received, ping,
pong, rekeyed, and what ended it: refused, guessed_wrong, closed, cut, rule_broken.

A listener goes on after a session, as a real one does: for those with a ticket. With --false it
lies to a caller whose code is another one: it goes on as if that were right. With --identity
either side tries what must fail: it has no code, and sends the identity as its share.
Standard error gets nothing but a traceback. --vectors adds every secret value to the output.
"""
import argparse
import hmac
import json
import os
import socket
import time
from base64 import b64decode, b64encode

from . import handshake, words
from .handshake import AUTH_C, AUTH_L, CODE, HELLO_C, HELLO_L, MODES, RESUME, WORDS, Refused
from .pipes import Commands, receive_message, report, send_message
from .records import PING
from .session import C, L, Session

GUESSES = 5
LOOKS_ALIKE = 0.25  # seconds from the last byte of what failed to the listener's close
PER_MESSAGE = 5  # seconds
PING_AFTER = 25
DEAD_AFTER = 75
CLOSE_WAITS = 2
VERIFICATION = {WORDS: "words", CODE: "code"}


def main():
    options = arguments()
    commands = Commands()
    secret = {} if options.mode == "words" else commands.first()
    if options.role == "connect":
        connect(options, secret, commands)
    else:
        Waiting(options, secret, commands).run()


def arguments():
    parser = argparse.ArgumentParser(prog="p2pc")
    roles = parser.add_subparsers(dest="role", required=True)
    connector, listener = roles.add_parser("connect"), roles.add_parser("listen")
    connector.add_argument("host")
    connector.add_argument("port", type=int)
    listener.add_argument("--port", type=int, default=0)
    listener.add_argument("--false", action="store_true")
    for role in (connector, listener):
        role.add_argument("--mode", choices=MODES, required=True)
        role.add_argument("--identity", action="store_true")
        role.add_argument("--vectors", action="store_true")
    return parser.parse_args()


def connect(options, secret, commands):
    mode, used = MODES[options.mode], None
    if mode == CODE:
        share = handshake.Identity if options.identity else None
        connector = handshake.Connector(mode, words.password(secret["code"]), share=share)
    elif mode == RESUME:
        used = next(ticket for ticket in secret["tickets"] if ticket["role"] == C)
        connector = handshake.Connector(mode, *secret_and_id(used))
    else:
        connector = handshake.Connector(mode)
    try:
        sock = socket.create_connection((options.host, options.port), PER_MESSAGE)
        send_message(sock, connector.hello())
        send_message(sock, connector.auth_c(receive_message(sock, HELLO_L)))
        keys = connector.finish(receive_message(sock, AUTH_L))
    except (Refused, OSError) as error:
        report(event="refused", why=str(error))
        return
    tell_vectors(options, connector.schedule, keys)
    verification = used["verification"] if used else VERIFICATION[mode]
    session = Session(C, mode, keys, verification, used, os.urandom)
    tell(session)
    report(event="connected", resumed=used is not None)
    converse(sock, session, commands)


class Waiting:
    """A listener: one caller at a time."""

    def __init__(self, options, secret, commands):
        self.options, self.commands = options, commands
        self.mode, self.guesses = MODES[options.mode], GUESSES
        self.tickets = secret.get("tickets", [])
        self.password = words.password(secret["code"]) if self.mode == CODE else b""

    def run(self):
        server = socket.create_server(("127.0.0.1", self.options.port))
        report(event="listening", port=server.getsockname()[1])
        while True:
            while not self.commands.until(server):
                self.commands.take()  # there is nobody to say it to
            sock = server.accept()[0]
            sock.settimeout(PER_MESSAGE)
            self.serve(sock)
            sock.close()

    def serve(self, sock):
        share = handshake.Identity if self.options.identity else None
        listener = handshake.Listener(self.expect, share=share)
        try:
            send_message(sock, listener.hello_l(receive_message(sock, HELLO_C)))
            auth_c = receive_message(sock, AUTH_C)
            if listener.mode == CODE:
                self.guesses -= 1
            auth_l, keys = listener.auth_l(auth_c, believe=self.options.false)
        except (Refused, OSError) as error:
            report(event="refused", why=str(error), guesses_left=self.guesses)
            time.sleep(LOOKS_ALIKE)
            return
        tell_vectors(self.options, listener.schedule, keys)
        used = self.find(listener.resume_id) if listener.mode == RESUME else None
        verification = used["verification"] if used else VERIFICATION[listener.mode]
        session = Session(L, listener.mode, keys, verification, used)
        # From now on only those come in who have a ticket.
        self.mode = RESUME
        tell(session)
        send_message(sock, auth_l)
        report(event="connected", resumed=used is not None)
        converse(sock, session, self.commands)
        self.tickets = session.tickets

    def expect(self, mode, resume_id):
        """The secret that a caller of this mode must know; None: nobody like that comes in."""
        if mode == RESUME:
            ticket = self.find(resume_id)
            return ticket and secret_and_id(ticket)[0]
        return self.password if mode == self.mode and self.guesses else None

    def find(self, resume_id):
        """Its ticket: one of the listener's own role."""
        for ticket in self.tickets:
            if ticket["role"] == L and hmac.compare_digest(secret_and_id(ticket)[1], resume_id):
                return ticket
        return None


def converse(sock, session, commands):
    """Until the session ends."""
    heard = said = time.monotonic()
    closed_at = None
    while True:
        tell(session)
        if session.outgoing:
            try:
                sock.sendall(session.outgoing)
            except OSError:
                pass  # what has arrived can still be read
            session.outgoing, said = b"", time.monotonic()
        if session.ended:
            break
        readable = commands.until(sock, seconds=1)
        now = time.monotonic()
        if readable:
            heard = now
            receive(sock, session)
        for command in [] if session.ended else commands.take():
            obey(session, command)
        closed_at = closed_at or (now if session.closing else None)
        if closed_at and now - closed_at > CLOSE_WAITS:
            session.end("closed", why="no answer")
        elif now - heard > DEAD_AFTER:
            session.end("cut", why="silence")
        elif now - said > PING_AFTER and not session.closing:
            session.seal(PING)
    sock.close()


def receive(sock, session):
    try:
        received = sock.recv(65536)
    except OSError:
        received = b""
    if received:
        session.receive(received)
    else:
        # The end without CLOSE is a cut, whoever made it.
        session.end("closed" if session.closing else "cut", why="end of stream")


def obey(session, command):
    match command["do"]:
        case "send":
            session.send(json.dumps(command["payload"], ensure_ascii=False))
        case "verify":
            session.verify(command["words"])
        case "ping":
            session.seal(PING)
        case "rekey":
            session.rekey()
        case "close":
            session.close(command.get("reason", 0))
        case "record":
            session.seal(command["type"], b64decode(command.get("body_b64", "")))
        case "cut":
            session.end("cut", why="as told")


def tell(session):
    for event in session.events:
        if event["event"] == "received":
            event = {**event, "payload": json.loads(event["payload"])}
        report(**event)
    session.events = []


def tell_vectors(options, schedule, keys):
    if options.vectors:
        secret = {**schedule.vectors, **keys._asdict()}
        for name, value in secret.items():
            report(event="vector", name=name, hex=value.hex(), b64=b64encode(value).decode())


def secret_and_id(ticket):
    return b64decode(ticket["resume_secret_b64"]), b64decode(ticket["resume_id_b64"])
