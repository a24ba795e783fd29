"""Explicit-state check of the rekey order and of CLOSE (../README.md, sections 5 and 6).

Two first-in first-out pipes. Each record carries the epoch it was sealed in; the receiver opens with the
epoch of his receiving chain. Asked: does any interleaving of DATA, REKEY and CLOSE make an honest receiver
use the wrong chain, meet a record he must call fatal, or leave both waiting?
"""
from collections import deque
DATA = 2      # DATA records each side may still send
EPOCHS = 2    # rekeys C may still start

# side: (send epoch, receive epoch, data left, closing 0/1 sent/2 done, waiting for REKEY_CT / REKEY_DONE)
def nxt(s):
    c, l, cl, lc, rk = s                      # cl: C->L pipe, lc: L->C pipe, rk: rekeys left
    def side(x, **k):
        f = dict(zip("srdkw", x)); f.update(k); return tuple(f[i] for i in "srdkw")
    def step(who, me, out):                   # what a side may send of itself
        s_, r_, d_, k_, w_ = me
        if k_ == 0:
            if d_: yield f"{who} DATA", side(me, d=d_ - 1), out + (("DATA", s_),)
            yield f"{who} CLOSE", side(me, k=1), out + (("CLOSE", s_),)
    for n, c2, cl2 in step("C", c, cl): yield n, (c2, l, cl2, lc, rk)
    for n, l2, lc2 in step("L", l, lc): yield n, (c, l2, cl, lc2, rk)
    if rk and c[3] == 0 and not c[4]:
        yield "C REKEY_EK", (side(c, w=1), l, cl + (("EK", c[0]),), lc, rk - 1)
    if cl:                                    # L receives
        (t, e), rest = cl[0], cl[1:]
        if l[3] == 2: yield f"L ignores {t}", (c, l, rest, lc, rk)
        elif e != l[1]: yield f"L WRONG CHAIN {t}", None
        elif t == "CLOSE":
            out = lc if l[3] else lc + (("CLOSE", l[0]),)
            yield "L gets CLOSE", (c, side(l, k=2), rest, out, rk)
        elif t == "EK":
            if l[3]: yield "L, closing, drops EK", (c, l, rest, lc, rk)
            elif l[4]: yield "L FATAL second EK before DONE", None
            else: yield "L answers CT, switches sending", (c, side(l, s=l[0] + 1, w=1), rest, lc + (("CT", l[0]),), rk)
        elif t == "DONE":
            if not l[4]: yield "L FATAL stray DONE", None
            else: yield "L gets DONE, switches receiving", (c, side(l, r=l[1] + 1, w=0), rest, lc, rk)
        else: yield "L gets DATA", (c, l, rest, lc, rk)
    if lc:                                    # C receives
        (t, e), rest = lc[0], lc[1:]
        if c[3] == 2: yield f"C ignores {t}", (c, l, cl, rest, rk)
        elif e != c[1]: yield f"C WRONG CHAIN {t}", None
        elif t == "CLOSE":
            out = cl if c[3] else cl + (("CLOSE", c[0]),)
            yield "C gets CLOSE", (side(c, k=2), l, out, rest, rk)
        elif t == "CT":
            if not c[4]: yield "C FATAL stray CT", None
            elif c[3]:                        # C has sent CLOSE: it follows the receiving chain, sends nothing
                yield "C, closing, gets CT", (side(c, r=c[1] + 1, w=0), l, cl, rest, rk)
            else:
                yield "C gets CT, sends DONE, switches", (side(c, r=c[1] + 1, s=c[0] + 1, w=0), l, cl + (("DONE", c[0]),), rest, rk)
        else: yield "C gets DATA", (c, l, cl, rest, rk)

start = ((0, 0, DATA, 0, 0), (0, 0, DATA, 0, 0), (), (), EPOCHS)
seen = {start: None}; q = deque([start]); bad = None; ends = 0
while q and not bad:
    s = q.popleft(); moves = list(nxt(s))
    if not moves:
        ends += 1
        if s[0][3] != 2 or s[1][3] != 2: bad = (s, "both wait for ever")
    for n, t in moves:
        if t is None: bad = (s, n); break
        if t not in seen: seen[t] = (s, n); q.append(t)
print(f"{len(seen)} states, {ends} ends:", "BAD" if bad else "every receiver used the right chain, every run closes")
if bad:
    s, path = bad[0], [bad[1]]
    while seen[s]: s, n = seen[s]; path.append(n)
    print("\n".join("    " + p for p in path[::-1]))
