"""Explicit-state check of P2PC/1 resume tickets (../README.md, section 6).

Cryptography is perfect here; ProVerif covers it. What is asked: can cuts, delays and killed
processes ever leave C with a ticket that L no longer accepts (a lockout that no retry heals)?

One pair, first ticket 0; attempt i makes ticket i. The network (or an attacker on it) delays and
drops at will. Breadth-first, all interleavings, at most N attempts. Prints the shortest bad run.

Invariant: whatever is cut now, C's ticket is in one of L's slots.
"""
from collections import deque
import sys

N = int(sys.argv[1]) if len(sys.argv) > 1 else 4

RULES = {  # name: value as the amended text has it
    "keep_used":     True,   # slots := {new, the one just used};  False: {new, former current}
    "recheck":       True,   # the slot is looked up again when AUTH_C arrives
    "close_others":  True,   # an authenticated C closes every other half-open handshake
    "c_sequential":  True,   # C has one handshake at a time
    "l_hands_first": True,   # L's supervisor has the ticket before AUTH_L leaves
    "c_hands_first": True,   # C's supervisor has the ticket before C's first record leaves
    "drop_on_record": True,  # the used ticket dies at the first record; False: when AUTH_L is sent
}

# attempt: (state, ticket used, C still waits)   state: h half open, AUTH_C under way | l AUTH_L under way
#   | e C has AUTH_L, its first record under way | v record arrived | x gone
# state: (attempts, slots(cur, old|-1), L session, C ticket, C sup ticket, L sup slots)

def successors(s, r):
    att, slots, lsess, ct, csup, lsup = s
    def put(i, a, att=att):
        return att[:i] + (a,) + att[i + 1:]
    n = len(att)
    if n < N and not (r["c_sequential"] and any(a[2] and a[0] in "hl" for a in att)) \
            and not any(a[2] and a[0] in "ev" for a in att):
        if ct in slots:                                   # L answers HELLO_C of a known id only
            yield f"C starts {n+1} with ticket {ct}", (att + (("h", ct, True),), slots, lsess, ct, csup, lsup)
    for i, (st, t, w) in enumerate(att):
        me = i + 1
        if st == "h":
            if not r["recheck"] or t in slots:
                old = t if r["keep_used"] else slots[0]
                if not r["drop_on_record"]: old = -1
                a2 = put(i, ("l", t, w))
                if r["close_others"]:
                    a2 = tuple(("x",) + a[1:2] + (False,) if j != i and a[0] == "h" else a for j, a in enumerate(a2))
                a2 = tuple(("x", a[1], False) if j != i and a[0] in "lev" and j + 1 == lsess else a
                           for j, a in enumerate(a2))   # newest wins: L closes its former session
                # ... but an AUTH_L already sent stays under way
                a2 = tuple(att[j] if att[j][0] == "l" and j != i else a for j, a in enumerate(a2))
                new = (me, old)
                yield f"L gets AUTH_C of {me}", (a2, new, me, ct, csup, new if r["l_hands_first"] else lsup)
            else:
                yield f"L refuses {me}", (put(i, ("x", t, False)), slots, lsess, ct, csup, lsup)
        if st == "l" and w:
            a2 = tuple(a if j == i or a[0] == "x" else (a[0], a[1], False) for j, a in enumerate(put(i, ("e", t, True))))
            yield f"C gets AUTH_L of {me}", (a2, slots, lsess, me, me if r["c_hands_first"] else csup, lsup)
        if st == "e" and lsess == me:
            new = (me, -1)
            yield f"L gets the first record of {me}", (put(i, ("v", t, w)), new, lsess, ct, csup, new if lsup[0] == me else lsup)
        if st != "x":
            yield f"cut {me}", (put(i, ("x", t, False)), slots, 0 if lsess == me else lsess, ct, csup, lsup)
            if w and st in "hl":
                yield f"C gives up {me} (its bytes may still arrive)", (put(i, (st, t, False)), slots, lsess, ct, csup, lsup)
    if csup != ct:
        yield "C's supervisor reads its ticket", (att, slots, lsess, ct, ct, lsup)
    if lsup != slots:
        yield "L's supervisor reads its tickets", (att, slots, lsess, ct, csup, slots)
    dead = tuple(("x", a[1], False) for a in att)
    if any(a[0] != "x" for a in att):
        yield "C's transport is killed", (tuple((a[0], a[1], False) if a[0] in "hle" else ("x", a[1], False) for a in att),
                                          slots, lsess, csup, csup, lsup)
        yield "L's transport is killed", (dead, lsup, 0, ct, csup, lsup)

def check(r):
    start = ((), (0, -1), 0, 0, 0, (0, -1))
    seen = {start: None}; q = deque([start])
    while q:
        s = q.popleft()
        if s[3] not in s[1]:
            path = []
            while seen[s]:
                s, what = seen[s]; path.append(what)
            return len(seen), path[::-1]
        for what, s2 in successors(s, r):
            if s2 not in seen:
                seen[s2] = (s, what); q.append(s2)
    return len(seen), None

for name in [None] + list(RULES):
    r = dict(RULES)
    if name: r[name] = False
    n, bad = check(r)
    print(("all rules" if not name else f"without {name}") + f": {n} states, " + ("LOCKOUT" if bad else "no lockout"))
    for step in bad or []: print("    " + step)
