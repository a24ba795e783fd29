"""python -m p2pc.selftest: known answers, and these peers against each other without a socket."""
import json
import os
import unittest
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

from . import cpace, handshake, ristretto, words, xwing
from .handshake import CODE, RESUME, WORDS, Connector, Listener, Refused
from .records import DATA, Broken, Chain, Reader, RuleBroken
from .session import C, L, REKEY_AFTER, Session

KNOWN = json.loads((Path(__file__).parent / "known_answers.json").read_text())
PASSWORD = b"carrot-lemon-koala"


def known(part):
    return {name: bytes.fromhex(value) for name, value in KNOWN[part].items() if name != "source"}


class KnownAnswers(unittest.TestCase):
    def test_ristretto(self):
        generator = ristretto.decode(bytes.fromhex(KNOWN["ristretto"]["multiples_of_the_generator"][1]))
        for factor, encoded in enumerate(KNOWN["ristretto"]["multiples_of_the_generator"]):
            self.assertEqual(ristretto.encode(ristretto.multiply(factor, generator)).hex(), encoded)
        for encoded in KNOWN["ristretto"]["no_points"]:
            with self.assertRaises(ristretto.NotAPoint):
                ristretto.decode(bytes.fromhex(encoded))

    def test_cpace(self):
        v = known("cpace")
        generator = cpace.calculate_generator(v["prs"], v["ci"], v["sid"])
        self.assertEqual(ristretto.encode(generator), v["generator"])
        ya, yb, s = (int.from_bytes(v[name], "little") for name in ("ya", "yb", "s"))
        self.assertEqual(cpace.scalar_mult(ya, generator), v["Ya"])
        self.assertEqual(cpace.scalar_mult(yb, generator), v["Yb"])
        self.assertEqual(cpace.scalar_mult_vfy(ya, v["Yb"]), v["K"])
        self.assertEqual(cpace.scalar_mult_vfy(yb, v["Ya"]), v["K"])
        isk = cpace.isk(v["sid"], v["K"], v["Ya"], v["ada"], v["Yb"], v["adb"])
        self.assertEqual(isk, v["isk"])
        self.assertEqual(cpace.scalar_mult_vfy(s, v["X"]), v["sX"])
        for bad in (v["no_point"], cpace.IDENTITY):
            with self.assertRaises(cpace.BadShare):
                cpace.scalar_mult_vfy(s, bad)

    def test_lengths_are_leb128(self):
        self.assertEqual(cpace.prepend_len(bytes(127))[:2], b"\x7f\0")
        self.assertEqual(cpace.prepend_len(bytes(1272))[:3], b"\xf8\x09\0")

    def test_xwing(self):
        v = known("xwing")
        key = xwing.DecapsulationKey(v["seed"])
        self.assertEqual(sha256(key.encapsulation_key()).digest(), v["pk_sha256"])
        self.assertEqual(key.decapsulate(v["ct"]), v["ss"])
        ss, ct = xwing.encapsulate(key.encapsulation_key())
        self.assertEqual(key.decapsulate(ct), ss)

    def test_xwing_refuses_bad_keys(self):
        good = xwing.DecapsulationKey(bytes(32)).encapsulation_key()
        with self.assertRaises(xwing.BadKey):
            xwing.encapsulate(b"\xff\xff" + good[2:])
        with self.assertRaises(xwing.BadKey):
            xwing.DecapsulationKey(bytes(32)).decapsulate(bytes(xwing.CIPHERTEXT))

    def test_words(self):
        self.assertEqual(words.WORDS, sorted(words.WORDS))
        for typed in ("car lem koa", " Carrot-LEMON_koala.", "181,683, ６６５"):
            self.assertEqual(words.password(typed), PASSWORD)
        for typed in ("car lem", "car lem koa koa", "ca lem koa", "0 1 2", "1297 1 1", "karrot a b"):
            with self.assertRaises(words.NotACode):
                words.password(typed)
        self.assertEqual(words.spoken(bytes(15) + b"\1"), [words.WORDS[0]] * 5 + [words.WORDS[1]])
        self.assertEqual(words.spoken((1296**6 + 1296**5).to_bytes(16, "big"))[0], words.WORDS[1])


def shake_hands(mode, auth=PASSWORD, theirs=None, resume_id=bytes(16)):
    """The keys of both."""
    theirs = auth if theirs is None else theirs
    connector = Connector(mode, auth, resume_id)
    listener = Listener(lambda *_: theirs)
    auth_c = connector.auth_c(listener.hello_l(connector.hello()))
    auth_l, keys = listener.auth_l(auth_c)
    return connector.finish(auth_l), keys


class Handshakes(unittest.TestCase):
    def test_all_modes_agree(self):
        for mode in (WORDS, CODE, RESUME):
            resume_id = os.urandom(16) if mode == RESUME else bytes(16)
            ours, theirs = shake_hands(mode, resume_id=resume_id)
            self.assertEqual(ours, theirs)
            self.assertEqual([len(key) for key in ours], [32, 32, 32, 64, 16, 16])

    def test_another_secret_is_refused(self):
        for mode in (CODE, RESUME):
            with self.assertRaises(Refused):
                shake_hands(mode, theirs=b"carrot-lemon-lemon")

    def test_every_changed_byte_is_refused(self):
        connector = Connector(CODE, PASSWORD)
        hello_c = connector.hello()
        for at in (*range(24), 40, 56, 700, 1239, 1272, 1303):
            with self.assertRaises(Refused, msg=f"HELLO_C {at}"):
                listener = Listener(lambda *_: PASSWORD)
                hello_l = listener.hello_l(flipped(hello_c, at))
                listener.auth_l(connector.auth_c(hello_l))
        for at in (*range(8), 20, 40, 700, 1127, 1159, 1160, 1191):
            with self.assertRaises(Refused, msg=f"HELLO_L {at}"):
                listener = Listener(lambda *_: PASSWORD)
                listener.auth_l(connector.auth_c(flipped(listener.hello_l(hello_c), at)))

    def test_the_identity_is_no_share(self):
        connector = Connector(CODE, b"no code", share=handshake.Identity)
        with self.assertRaises(Refused):
            Listener(lambda *_: PASSWORD).hello_l(connector.hello())
        connector = Connector(CODE, PASSWORD)
        listener = Listener(lambda *_: b"no code", share=handshake.Identity)
        hello_l = listener.hello_l(connector.hello())
        with self.assertRaises(Refused):
            connector.auth_c(hello_l)


def flipped(message, at):
    return message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]


def pair(mode, keys=None):
    """Two sessions, and a function that carries bytes until all is quiet."""
    ours, theirs = keys or shake_hands(mode)
    c = Session(C, mode, ours, "code", random=os.urandom)
    l = Session(L, mode, theirs, "code")

    def carry():
        while c.outgoing or l.outgoing:
            for one, other in ((c, l), (l, c)):
                bytes_, one.outgoing = one.outgoing, b""
                other.receive(bytes_)

    return c, l, carry


def told(session, kind):
    return [event for event in session.events if event["event"] == kind]


class Sessions(unittest.TestCase):
    def test_sizes_on_the_wire(self):
        chain = Chain(bytes(32))
        for length, size in ((0, 396), (226, 396), (227, 1420), (4066, 5516), (65506, 87436)):
            self.assertEqual(len(chain.seal(DATA, bytes(length))), 4 + size)

    def test_a_record_opens_once_and_in_its_place(self):
        sender, records = Chain(bytes(32)), []
        for text in (b"a", b"b"):
            records.append(sender.seal(DATA, text)[4:])
        receiver = Chain(bytes(32))
        self.assertEqual(receiver.open(records[0]), (DATA, b"a"))
        with self.assertRaises(Broken):
            receiver.open(records[0])
        with self.assertRaises(Broken):
            Chain(bytes(32)).open(records[1])
        with self.assertRaises(Broken):
            Chain(bytes(32)).open(records[0][:-1] + b"+")
        with self.assertRaises(RuleBroken):
            Chain(bytes(32)).open(Chain(bytes(32)).seal(9)[4:])
        reader = Reader()
        reader.feed(b"\xff\xff\xff\xff")
        with self.assertRaises(Broken):
            reader.next()

    def test_keys_change_and_texts_do_not(self):
        c, l, carry = pair(CODE)
        before = l.fresh
        for n in range(REKEY_AFTER + 100):
            (c if n % 3 else l).send(f"text {n}")
            if n % 50 == 0:
                carry()
        carry()
        self.assertEqual([c.epoch, l.epoch], [1, 1])
        self.assertEqual(len(told(c, "received")) + len(told(l, "received")), REKEY_AFTER + 100)
        self.assertEqual(c.fresh["resume_secret_b64"], l.fresh["resume_secret_b64"])
        self.assertNotEqual(l.fresh, before)
        self.assertEqual(l.tickets, [l.fresh])

    def test_close_right_after_rekey_is_a_close(self):
        for closer in (0, 1):
            c, l, carry = pair(CODE)
            c.rekey()
            (c, l)[closer].close(0)
            carry()
            self.assertEqual(told(c, "closed"), [{"event": "closed", "reason": 0}])
            self.assertEqual(told(l, "closed"), [{"event": "closed", "reason": 0}])
            self.assertEqual([c.tickets, l.tickets], [[], []])

    def test_nothing_is_said_before_the_words_match(self):
        c, l, carry = pair(WORDS)
        c.verify(" ".join(l.mine()))
        carry()
        self.assertEqual((c.tickets, l.tickets), ([], []))
        l.verify(" ".join(c.mine()))
        carry()
        self.assertEqual([len(told(c, "verified")), len(told(l, "verified"))], [1, 1])
        c, l, carry = pair(WORDS)
        c.send("early")
        carry()
        self.assertTrue(told(l, "rule_broken") and not told(l, "received"))

    def test_a_ticket_resumes_and_the_one_before_is_forgotten(self):
        c, l, carry = pair(CODE)
        carry()
        used = l.fresh
        secret, resume_id = (b64decode(used[name]) for name in ("resume_secret_b64", "resume_id_b64"))
        keys = shake_hands(RESUME, secret, resume_id=resume_id)
        again = Session(L, RESUME, keys[1], "code", used)
        self.assertEqual(again.tickets[1:], [used])
        connector = Session(C, RESUME, keys[0], "code", random=os.urandom)
        again.receive(connector.outgoing)
        self.assertEqual(again.tickets, [again.fresh])


if __name__ == "__main__":
    unittest.main()
