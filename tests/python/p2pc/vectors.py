"""python -m p2pc.vectors FILE…: computes every value of a whole session anew, from what both sides
drew at random. (The ciphertexts are taken as they are: `cryptography` draws by itself.)
"""
import json
import sys
from pathlib import Path

from . import cpace, handshake, records, words, xwing
from .handshake import CODE, Connector, Share, extract, okm, session_keys, th


def main():
    for file in sys.argv[1:]:
        check_session(json.loads(Path(file).read_text()))
        print(f"{file}: every value is the same")


def check_session(told):
    v = from_hex(told)
    connector = begin(v, told)
    equal("hello_c", connector.hello(), v["hello_c"])
    if v["mode"] == CODE:
        check_cpace(v, told["of_mode"]["code"].encode())
    equal("auth_c", connector.auth_c(v["hello_l"]), v["auth_c"])
    keys = connector.finish(v["auth_l"])
    for name in ("ss", "auth", "th1", "prk", "th2"):
        equal(name, connector.schedule.vectors[name], v[name])
    equal("sas", keys.sas, v["sas"])
    spoken = words.spoken(keys.sas)
    equal("connector's words", " ".join(spoken[:3]), told["words"]["connector"])
    equal("listener's words", " ".join(spoken[3:]), told["words"]["listener"])
    check_keys(keys, v["keys"])
    check_records(keys, told["records"])
    check_rekey(keys, v["rekey"], told["records_after"])


def begin(v, told):
    """The connector, who draws what it drew."""
    draws = [v["connector_draws"]["n_c"], v["connector_draws"]["x_wing_seed"]]
    of_mode = v["of_mode"]
    if v["mode"] == CODE:
        draws.append(of_mode["drawn_a"])
        auth, resume_id = words.password(told["of_mode"]["code"]), bytes(handshake.RESUME_ID)
    else:
        auth = of_mode.get("resume_secret", b"")
        resume_id = of_mode.get("resume_id", bytes(handshake.RESUME_ID))
    return Connector(v["mode"], auth, resume_id, random=drawing(draws))


def check_cpace(v, password):
    of_mode = v["of_mode"]
    hello_c, hello_l = v["hello_c"], v["hello_l"]
    share = Share(password, hello_c[:-32], drawing([of_mode["drawn_b"]]))
    equal("sid", share.sid, of_mode["sid"])
    equal("Ya", hello_c[-32:], of_mode["Ya"])
    equal("Yb", share.point, of_mode["Yb"])
    equal("K", cpace.scalar_mult_vfy(share.scalar, of_mode["Ya"]), of_mode["K"])
    equal("isk", share.isk(hello_c, hello_l, of_mode["Ya"]), of_mode["isk"])


def check_rekey(keys, rekey, after):
    key = xwing.DecapsulationKey(rekey["x_wing_seed"])
    equal("ek", key.encapsulation_key(), rekey["ek"])
    ss = key.decapsulate(rekey["ct"])
    equal("rekey's ss", ss, rekey["ss"])
    th3 = th("P2PC/1 rekey", rekey["epoch"].to_bytes(8, "big"), rekey["ek"], rekey["ct"])
    equal("th3", th3, rekey["th3"])
    prk = extract(salt=keys.root, ikm=ss)
    equal("rekey's prk", prk, rekey["prk"])
    keys = session_keys(prk, th3)
    check_keys(keys, rekey["keys"])
    check_records(keys, after)


def check_keys(keys, told):
    for name, value in told.items():
        equal(name, getattr(keys, name), value)


def check_records(keys, told):
    chains = {"connector": records.Chain(keys.c2l), "listener": records.Chain(keys.l2c)}
    for record in told:
        chain, name = chains[record["from"]], f"record {record['seq']} of the {record['from']}"
        equal(f"{name}, chain key", chain.key.hex(), record["chain_key"])
        context = record["seq"].to_bytes(8, "big")
        message_key = okm(chain.key, "msg", context, 64)[32:]
        equal(f"{name}, message key", message_key.hex(), record["message_key"])
        equal(f"{name}, number", chain.seq, record["seq"])
        kind, body = chain.open(record["token"].encode())
        equal(name, (kind, body.decode()), (record["type"], record["body"]))


def drawing(draws):
    """A source of randomness that gives these, in this order."""
    draws = iter(draws)

    def draw(length):
        drawn = next(draws)
        equal("bytes drawn", len(drawn), length)
        return drawn

    return draw


def from_hex(told):
    """The same with bytes in the place of hex; the texts among them are read elsewhere."""
    if isinstance(told, dict):
        return {name: from_hex(value) for name, value in told.items()}
    try:
        return bytes.fromhex(told)
    except (TypeError, ValueError):
        return told


def equal(name, computed, told):
    if computed != told:
        sys.exit(f"{name} is another: computed {computed!r}, told {told!r}")


if __name__ == "__main__":
    main()
