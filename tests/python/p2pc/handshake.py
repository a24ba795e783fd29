"""Four messages, after which both sides have the same keys and know that the other has them.

    C                                   L
      -- HELLO_C ------------------------>
      <------------------------ HELLO_L --
      -- AUTH_C ------------------------->   shows what C knows
      <------------------------- AUTH_L --   only if that was right

Bytes in, bytes out: each call takes one message body, without its length, and gives the next.
"""
import hmac
import os
from collections import namedtuple
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from . import cpace, xwing

WORDS, CODE, RESUME = 0, 1, 2
MODES = {"words": WORDS, "code": CODE, "resume": RESUME}

MAGIC, VERSION, SUITE = b"P2PC", 1, 1
HEADER = 8
NONCE, POINT, RESUME_ID = 32, 32, 16

HELLO_C = HEADER + RESUME_ID + 32 + xwing.ENCAPSULATION_KEY + POINT
HELLO_L = HEADER + NONCE + xwing.CIPHERTEXT + POINT
AUTH_C = NONCE + 32
AUTH_L = 32

CI = b"P2PC/1 connector>listener"

Keys = namedtuple("Keys", "c2l l2c root resume_secret resume_id sas", defaults=[None])


class Refused(Exception):
    """The other side is not who it should be, or no P2PC/1."""


class Connector:
    """C, which speaks first. `auth` is the code's bytes, a resume secret, or nothing."""

    def __init__(self, mode, auth=b"", resume_id=bytes(RESUME_ID), share=None, random=os.urandom):
        self.mode, self.auth, self.random = mode, auth, random
        self.nonce = random(NONCE)
        self.key = xwing.DecapsulationKey(random(xwing.SEED))
        without_share = (
            header(mode) + resume_id + th("P2PC/1 commit", self.nonce) + self.key.encapsulation_key()
        )
        self.share = (share or Share)(auth, without_share, random) if mode == CODE else None
        self.hello_c = without_share + (self.share.point if self.share else bytes(POINT))

    def hello(self):
        return self.hello_c

    def auth_c(self, hello_l):
        assert len(hello_l) == HELLO_L
        if hello_l[:HEADER] != self.hello_c[:HEADER]:
            raise Refused("HELLO_L begins with something else than HELLO_C did")
        yb = hello_l[-POINT:]
        check_share(self.mode, yb)
        isk = self.share and self.share.isk(self.hello_c, hello_l, yb)
        try:
            ss = self.key.decapsulate(hello_l[HEADER + NONCE : -POINT])
        except xwing.BadKey as error:
            raise Refused(str(error)) from None
        self.schedule = Schedule(self.mode, isk or self.auth, ss, self.hello_c, hello_l, self.nonce)
        return self.nonce + self.schedule.tag("confirm C")

    def finish(self, auth_l):
        if not hmac.compare_digest(auth_l, self.schedule.tag("confirm L")):
            raise Refused("AUTH_L is wrong: another code, or somebody in between")
        return self.schedule.keys()


class Listener:
    """L. What it takes is known before the first byte: `expect` is asked for the secret of a mode
    and a resume id, and gives None where it takes no such caller."""

    def __init__(self, expect, share=None, random=os.urandom):
        self.expect, self.share, self.random = expect, share or Share, random

    def hello_l(self, hello_c):
        assert len(hello_c) == HELLO_C
        mode = self.check(hello_c)
        commit, ek = hello_c[24:56], hello_c[56:-POINT]
        self.mode, self.hello_c, self.commit = mode, hello_c, commit
        try:
            ss, ct = xwing.encapsulate(ek)
        except xwing.BadKey as error:
            raise Refused(str(error)) from None
        without_share = header(mode) + self.random(NONCE) + ct
        isk, yb = None, bytes(POINT)
        if mode == CODE:
            share = self.share(self.secret, hello_c[:-POINT], self.random)
            yb = share.point
            isk = share.isk(hello_c, without_share + yb, hello_c[-POINT:])
        self.hello = without_share + yb
        self.later = lambda nonce: Schedule(mode, isk or self.secret, ss, hello_c, self.hello, nonce)
        return self.hello

    def check(self, hello_c):
        mode, resume_id, ya = hello_c[6], hello_c[HEADER:24], hello_c[-POINT:]
        if mode not in MODES.values() or hello_c[:HEADER] != header(mode):
            raise Refused("the first eight bytes are not those of P2PC/1")
        if mode != RESUME and any(resume_id):
            raise Refused("a resume id where none belongs")
        check_share(mode, ya)
        self.resume_id = resume_id
        self.secret = self.expect(mode, resume_id)
        if self.secret is None:
            raise Refused("a mode, or a ticket, that is not taken here")
        return mode

    def auth_l(self, auth_c, believe=False):
        """The last message, and the keys. Whoever asks has counted this guess before. `believe`
        is what a false listener does."""
        nonce, tag = auth_c[:NONCE], auth_c[NONCE:]
        if not hmac.compare_digest(th("P2PC/1 commit", nonce), self.commit):
            raise Refused("the nonce does not open its commitment")
        self.schedule = self.later(nonce)
        right = hmac.compare_digest(tag, self.schedule.tag("confirm C"))
        if not right and not believe:
            raise Refused("AUTH_C is wrong: another code")
        return self.schedule.tag("confirm L"), self.schedule.keys()


class Share:
    """One side's part in CPace."""

    def __init__(self, password, hello_c_without_share, random):
        self.sid = th("P2PC/1 sid", hello_c_without_share)
        self.scalar = cpace.sample_scalar(random)
        self.point = cpace.scalar_mult(
            self.scalar, cpace.calculate_generator(password, CI, self.sid)
        )

    def k(self, theirs):
        try:
            return cpace.scalar_mult_vfy(self.scalar, theirs)
        except cpace.BadShare as error:
            raise Refused(str(error)) from None

    def isk(self, hello_c, hello_l, theirs):
        k = self.k(theirs)
        ada, ya = hello_c[:-POINT], hello_c[-POINT:]
        adb, yb = hello_l[:-POINT], hello_l[-POINT:]
        return cpace.isk(self.sid, k, ya, ada, yb, adb)


class Identity(Share):
    """What somebody without any code would do: whatever the other side multiplies the identity
    with, the result is the identity. It must be refused."""

    def __init__(self, password, hello_c_without_share, random):
        super().__init__(password, hello_c_without_share, random)
        self.point = cpace.IDENTITY

    def k(self, theirs):
        return cpace.IDENTITY


class Schedule:
    """Every key, from what both sides have sent and what both know."""

    def __init__(self, mode, auth, ss, hello_c, hello_l, nonce):
        auth = bytes(64) if mode == WORDS else auth
        th1 = th("P2PC/1 hello", hello_c, hello_l)
        self.prk = extract(salt=th1, ikm=ss + auth)
        self.th2 = th("P2PC/1 auth", th1, nonce)
        self.vectors = {"ss": ss, "auth": auth, "th1": th1, "prk": self.prk, "th2": self.th2}

    def tag(self, label):
        return hmac.digest(okm(self.prk, label, self.th2, 32), self.th2, "sha256")

    def keys(self):
        keys = session_keys(self.prk, self.th2)
        return keys._replace(sas=okm(self.prk, "sas", self.th2, 16))


def session_keys(prk, context):
    """Those of a handshake, and again those of each rekey."""
    lengths = {"c2l": 32, "l2c": 32, "root": 32, "resume": 64, "resume id": RESUME_ID}
    return Keys(*(okm(prk, label, context, length) for label, length in lengths.items()))


def header(mode):
    return MAGIC + bytes([VERSION, SUITE, mode, 0])


def check_share(mode, share):
    """Where no share belongs there are zeros; where one does, zeros would be the identity."""
    if (mode == CODE) != any(share):
        raise Refused("a share where none belongs, or none where one does")


def th(label, *fields):
    fields = [label.encode("ascii"), *fields]
    return sha256(b"".join(len(field).to_bytes(4, "big") + field for field in fields)).digest()


def extract(salt, ikm):
    """HKDF-Extract."""
    return hmac.digest(salt, ikm, "sha256")


def okm(prk, label, context, length):
    """HKDF-Expand."""
    info = b"P2PC/1 " + label.encode("ascii") + b"\0" + context
    return HKDFExpand(SHA256(), length, info).derive(prk)
