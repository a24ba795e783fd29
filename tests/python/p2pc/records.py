"""Sealed records: one key each, so that none can be repeated, left out, moved or sent back."""
import re
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken

from .handshake import okm

CLOSE, DATA, PING, PONG, REKEY_EK, REKEY_CT, REKEY_DONE, VERIFIED = range(8)
FIRST_IGNORED = 128  # a type from here on that nobody knows is passed over

INNER = (239, 1007, 4079, 16367, 65519)
TOKEN = (396, 1420, 5516, 21900, 87436)
HEADER = 13
LARGEST_BODY = INNER[-1] - HEADER


class Broken(Exception):
    """The network, or somebody in it, has changed something."""


class RuleBroken(Exception):
    """The other side itself, which has the keys, does what it must not."""


class Chain:
    """The keys of one direction."""

    def __init__(self, key):
        self.key, self.seq = key, 0

    def next(self):
        keys = okm(self.key, "msg", self.seq.to_bytes(8, "big"), 64)
        seq, self.key, self.seq = self.seq, keys[:32], self.seq + 1
        return seq, Fernet(urlsafe_b64encode(keys[32:]))

    def seal(self, kind, body=b""):
        """The bytes for the wire."""
        seq, fernet = self.next()
        inner = bytes([kind]) + seq.to_bytes(8, "big") + len(body).to_bytes(4, "big") + body
        size = next(size for size in INNER if size >= len(inner))
        token = fernet.encrypt_at_time(inner.ljust(size, b"\0"), 0)
        return len(token).to_bytes(4, "big") + token

    def open(self, token):
        """The type and the body."""
        expected, fernet = self.next()
        # Python's base64 passes over what is not base64; nobody else's does.
        if not re.fullmatch(rb"[A-Za-z0-9_-]+", token):
            raise Broken("not base64")
        try:
            inner = fernet.decrypt(token)
        except InvalidToken:
            raise Broken("not the next record of the other side") from None
        if len(inner) not in INNER:
            raise RuleBroken("a size that is none of five")
        kind, seq = inner[0], int.from_bytes(inner[1:9], "big")
        length = int.from_bytes(inner[9:HEADER], "big")
        body, padding = inner[HEADER : HEADER + length], inner[HEADER + length :]
        if seq != expected:
            raise RuleBroken("a number out of order")
        if kind > VERIFIED and kind < FIRST_IGNORED:
            raise RuleBroken("an unknown type")
        if length > len(inner) - HEADER or any(padding):
            raise RuleBroken("a length or a padding")
        return kind, body


class Reader:
    """Cuts what comes into tokens."""

    def __init__(self):
        self.buffer = b""

    def feed(self, received):
        self.buffer += received

    def next(self):
        """The next whole token, or None."""
        if len(self.buffer) < 4:
            return None
        length = int.from_bytes(self.buffer[:4], "big")
        if length not in TOKEN:
            raise Broken("a length that is none of five")
        if len(self.buffer) < 4 + length:
            return None
        token, self.buffer = self.buffer[4 : 4 + length], self.buffer[4 + length :]
        return token
