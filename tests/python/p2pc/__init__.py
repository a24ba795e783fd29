"""P2PC/1, the secure channel of p2p-chat, a second time: slow, small, and written from the
protocol's description (shared/secure-channel/README.md) and not from the Rust. What the two agree
on, two people have read the same way.

Not for use: Python wipes no secrets and takes a different time for different ones.

    ristretto.py   the group ristretto255 (RFC 9496)
    cpace.py       a spoken code becomes a key (draft-irtf-cfrg-cpace-21)
    xwing.py       the hybrid key encapsulation (draft-connolly-cfrg-xwing-kem)
    words.py       the word list, codes, and the words two people compare
    handshake.py   four messages; start here
    records.py     sealed records, and the chains of their keys
    session.py     what each record means: texts, pings, new keys, the end
    peer.py        a program with a socket, told what to do by JSON lines
    pipes.py       what that program hears and says
    selftest.py    known answers, and two of these peers against each other
    vectors.py     every value of the Rust crate's test vectors, computed anew
"""
