#!/usr/bin/env python3
"""The original p2p-chat as others meet it on the wire: a small re-creation, quirks included.

    original.py listen          waits on a free port of 127.0.0.1
    original.py connect PORT

Lines of standard input are what its user types. Where the original printed, this one reports a
JSON object a line, so that a test sees every character. Quirks are marked QUIRK: they are what
p2p-chat must live with, so they stay.

With --wire after either, a test holds the pen instead of the user: see wire().
"""
import json
import socket
import sys
import threading

from cryptography.fernet import Fernet

# QUIRK: one read takes at most this much, and what it takes counts as one message.
READ_SIZE = 4096

reporting = threading.Lock()


def main():
    sys.stdin.reconfigure(encoding="utf-8")
    role, options = sys.argv[1], sys.argv[2:]
    if role == "listen":
        sock = accept()
        # QUIRK: the key goes over the line in clear, and at once.
        key = unsent = Fernet.generate_key()
    else:
        sock = socket.create_connection(("127.0.0.1", int(options[0])))
        # QUIRK: what comes in one read with the key is taken for a part of it. base64 stops at
        # the key's `=`, so the key is right and the rest is lost.
        key, unsent = sock.recv(READ_SIZE), b""
    cipher = Fernet(key)
    report(event="connected")
    threading.Thread(target=receive, args=(sock, cipher), daemon=True).start()
    if "--wire" in options:
        wire(sock, cipher, unsent)
    else:
        sock.sendall(unsent)
        chat(sock, cipher)
    sock.close()


def accept():
    server = socket.create_server(("127.0.0.1", 0))
    report(event="listening", port=server.getsockname()[1])
    return server.accept()[0]


def receive(sock, cipher):
    """The thread that reads."""
    try:
        # QUIRK: no framing. Of two tokens in one read the second is lost where the first is
        # padded (base64 stops at the `=`); else, and where a token is torn, decrypt() fails.
        while token := sock.recv(READ_SIZE):
            # QUIRK: no time-to-live, so an old token is as good as a new one.
            report(event="received", text=cipher.decrypt(token).decode())
        report(event="peer_left")
    except Exception as error:
        # QUIRK: one failure ends reception for good, and the chat goes on without it.
        report(event="deaf", error=type(error).__name__)


def chat(sock, cipher):
    """The user types until /quit."""
    while True:
        # QUIRK: after the peer left it still waits here, with its socket open.
        text = input()
        if text == "/quit":
            return
        # QUIRK: a bare token, however long, right behind the one before.
        sock.sendall(cipher.encrypt(text.encode()))


def wire(sock, cipher, unsent):
    """Sends genuine tokens cut in any way. A line of standard input is {"token": "its text"},
    which adds a token to what is not sent (a listener's key is there already), or {"write": 17},
    which sends the next 17 bytes of that in a segment of their own."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for line in sys.stdin:
        order = json.loads(line)
        if "token" in order:
            unsent += cipher.encrypt(order["token"].encode())
        else:
            count = order["write"]
            assert 0 < count <= len(unsent), f"{count} of {len(unsent)} bytes"
            sock.sendall(unsent[:count])
            unsent = unsent[count:]


def report(**event):
    with reporting:
        print(json.dumps(event), flush=True)


main()
