"""What a peer hears and says: JSON lines on its standard streams, messages on its socket."""
import json
import os
import select
import sys

from .handshake import Refused


class Commands:
    """Lines of standard input, read without a buffer that select() cannot see into."""

    def __init__(self):
        self.unread, self.waiting = b"", []

    def first(self):
        while not self.waiting:
            self.read()
        return self.waiting.pop(0)

    def read(self):
        """All that is there. The end of standard input is the end of the program."""
        read = os.read(0, 65536)
        if not read:
            sys.exit()
        *lines, self.unread = (self.unread + read).split(b"\n")
        self.waiting += [json.loads(line) for line in lines]

    def take(self):
        taken, self.waiting = self.waiting, []
        return taken

    def until(self, sock, seconds=None):
        """Waits for the socket or a command; whether the socket has something."""
        if self.waiting:
            seconds = 0
        readable, _, _ = select.select([sock, 0], [], [], seconds)
        if 0 in readable:
            self.read()
        return sock in readable


def report(**event):
    print(json.dumps(event), flush=True)


def send_message(sock, body):
    sock.sendall(len(body).to_bytes(2, "big") + body)


def receive_message(sock, length):
    """One of exactly this length."""
    announced = int.from_bytes(receive_exactly(sock, 2), "big")
    if announced != length:
        raise Refused(f"a message of {announced} bytes in the place of one of {length}")
    return receive_exactly(sock, length)


def receive_exactly(sock, count):
    received = b""
    while len(received) < count:
        more = sock.recv(count - len(received))
        if not more:
            raise Refused(f"the end after {len(received)} of {count} bytes")
        received += more
    return received
