"""What records mean, from the first to CLOSE. Bytes in, bytes and events out.

An event is a dictionary. What is to be sent gathers in `outgoing`, and goes out only after the
events before it have been told: so a ticket is safe before the other side can use its twin.
"""
from base64 import b64encode

from . import words, xwing
from .handshake import RESUME, WORDS, extract, session_keys, th
from .records import (
    CLOSE, DATA, FIRST_IGNORED, PING, PONG, REKEY_CT, REKEY_DONE, REKEY_EK, VERIFIED,
    Broken, Chain, Reader, RuleBroken,
)

C, L = "initiator", "responder"
LEFT, REJECTED, PROTOCOL_ERROR, IDLE = range(4)

REKEY_AFTER = 500  # records of both directions; C asks
EPOCH_MOST = 5000  # records of one epoch, then L has had enough
ENTRIES = 3  # of words, then it is somebody else

BODY = {CLOSE: 1, PING: 0, PONG: 0, REKEY_EK: xwing.ENCAPSULATION_KEY,
        REKEY_CT: xwing.CIPHERTEXT, REKEY_DONE: 0, VERIFIED: 0}


class Session:
    def __init__(self, role, mode, keys, verification, used=None, random=None):
        """`used` is the ticket that this session resumed with."""
        self.role, self.mode, self.random = role, mode, random
        self.verification = verification
        self.set_sending(keys), self.set_receiving(keys)
        self.root, self.epoch, self.records = keys.root, 0, 0
        self.rekeying = None  # C: its key that waits for an answer. L: the keys that wait for DONE
        self.tickets, self.fresh = [], ticket(role, verification, keys)
        self.matched_here = self.matched_there = mode != WORDS
        self.entries_left = ENTRIES
        self.spoken = words.spoken(keys.sas)
        self.reader, self.outgoing, self.events = Reader(), b"", []
        self.closing = self.ended = self.first_came = False
        if mode == WORDS:
            self.event("words", show=" ".join(self.mine()))
        else:
            self.hand_out(self.fresh, used)
        if mode == RESUME and role == C:
            self.seal(PING)

    # What the person does.

    def send(self, text):
        self.seal(DATA, text.encode())

    def verify(self, typed):
        right = words.read(typed, 3) == self.theirs()
        self.event("checked", right=right)
        if right:
            self.matched_here = True
            self.seal(VERIFIED)
            self.check_verified()
        else:
            self.entries_left -= 1
            if not self.entries_left:
                self.close(REJECTED)

    def rekey(self):
        assert self.role == C and not self.rekeying
        self.rekeying = xwing.DecapsulationKey(self.random(xwing.SEED))
        self.seal(REKEY_EK, self.rekeying.encapsulation_key())

    def close(self, reason):
        if not self.closing:
            self.seal(CLOSE, bytes([reason]))
            self.closing = True
            self.drop_tickets()

    # What comes from the other side.

    def receive(self, received):
        self.reader.feed(received)
        try:
            while not self.ended and (token := self.reader.next()) is not None:
                self.take(*self.receiving.open(token))
        except Broken as error:
            self.end("cut", why=str(error))
        except RuleBroken as error:
            self.close(PROTOCOL_ERROR)
            self.end("rule_broken", why=str(error))

    def take(self, kind, body):
        self.count()
        if not self.first_came:
            self.first_came = True
            if self.role == L and self.tickets[1:]:
                self.hand_out(self.fresh)
        if kind >= FIRST_IGNORED:
            return
        if kind in BODY and len(body) != BODY[kind]:
            raise RuleBroken("a body of another length than its type has")
        if self.closing and kind not in (CLOSE, REKEY_CT, REKEY_DONE):
            return
        if kind in (DATA, REKEY_EK, REKEY_CT, REKEY_DONE) and not self.verified():
            raise RuleBroken("before both have verified")
        {CLOSE: self.on_close, DATA: self.on_data, PING: self.on_ping, PONG: self.on_pong,
         REKEY_EK: self.on_rekey_ek, REKEY_CT: self.on_rekey_ct, REKEY_DONE: self.on_rekey_done,
         VERIFIED: self.on_verified}[kind](body)

    def on_close(self, body):
        self.close(LEFT)
        self.drop_tickets()
        self.end("closed", reason=body[0])

    def on_data(self, body):
        try:
            self.event("received", payload=body.decode())
        except UnicodeDecodeError:
            raise RuleBroken("a text that is no UTF-8") from None

    def on_ping(self, _):
        self.event("ping")
        self.seal(PONG)

    def on_pong(self, _):
        self.event("pong")

    def on_verified(self, _):
        if self.mode != WORDS or self.matched_there:
            raise RuleBroken("VERIFIED where none belongs")
        self.matched_there = True
        self.check_verified()

    def on_rekey_ek(self, ek):
        if self.role == C or self.rekeying:
            raise RuleBroken("REKEY_EK where none belongs")
        try:
            ss, ct = xwing.encapsulate(ek)
        except xwing.BadKey as error:
            raise RuleBroken(str(error)) from None
        keys = self.rekeying = self.next_keys(ss, ek, ct)
        current = self.fresh
        self.hand_out(ticket(self.role, self.verification, keys), current)
        self.seal(REKEY_CT, ct)
        self.set_sending(keys)

    def on_rekey_ct(self, ct):
        if self.role == L or not self.rekeying:
            raise RuleBroken("REKEY_CT where none belongs")
        try:
            ss = self.rekeying.decapsulate(ct)
        except xwing.BadKey as error:
            raise RuleBroken(str(error)) from None
        keys = self.next_keys(ss, self.rekeying.encapsulation_key(), ct)
        self.set_receiving(keys)
        if not self.closing:
            self.hand_out(ticket(self.role, self.verification, keys))
            self.seal(REKEY_DONE)
            self.set_sending(keys)
            self.adopt(keys)

    def on_rekey_done(self, _):
        if self.role == C or not self.rekeying:
            raise RuleBroken("REKEY_DONE where none belongs")
        self.set_receiving(self.rekeying)
        if not self.closing:
            self.hand_out(self.fresh)
        self.adopt(self.rekeying)

    # Between the two.

    def next_keys(self, ss, ek, ct):
        epoch = self.epoch + 1
        th3 = th("P2PC/1 rekey", epoch.to_bytes(8, "big"), ek, ct)
        return session_keys(extract(salt=self.root, ikm=ss), th3)

    def adopt(self, keys):
        self.root, self.epoch, self.records, self.rekeying = keys.root, self.epoch + 1, 0, None
        self.event("rekeyed", epoch=self.epoch)

    def set_sending(self, keys):
        self.sending = Chain(keys.c2l if self.role == C else keys.l2c)

    def set_receiving(self, keys):
        self.receiving = Chain(keys.l2c if self.role == C else keys.c2l)

    def check_verified(self):
        if self.verified():
            self.hand_out(self.fresh)
            self.event("verified")

    def verified(self):
        return self.matched_here and self.matched_there

    def mine(self):
        return self.spoken[:3] if self.role == C else self.spoken[3:]

    def theirs(self):
        return self.spoken[3:] if self.role == C else self.spoken[:3]

    def hand_out(self, fresh, used=None):
        """C has the newest ticket. L keeps the one before until it knows that C has the newest."""
        self.fresh = fresh
        self.tickets = [fresh] + ([used] if used and self.role == L else [])
        self.event("tickets", tickets=self.tickets)

    def drop_tickets(self):
        if self.tickets:
            self.tickets = []
            self.event("tickets", tickets=[])

    def seal(self, kind, body=b""):
        self.outgoing += self.sending.seal(kind, body)
        self.count()

    def count(self):
        self.records += 1
        idle = self.verified() and not self.rekeying and not self.closing
        if self.role == C and self.records >= REKEY_AFTER and idle:
            self.rekey()
        if self.role == L and self.records == EPOCH_MOST:
            self.close(PROTOCOL_ERROR)

    def event(self, kind, **fields):
        self.events.append({"event": kind, **fields})

    def end(self, kind, **fields):
        self.ended = True
        self.event(kind, **fields)


def ticket(role, verification, keys):
    """As the pipe between supervisor and transport has it."""
    return {
        "role": role,
        "resume_id_b64": b64encode(keys.resume_id).decode(),
        "resume_secret_b64": b64encode(keys.resume_secret).decode(),
        "verification": verification,
    }
