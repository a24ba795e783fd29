#!/usr/bin/env python3
"""A ui that passes every line on: from the user's stdin to p2p-chat, from p2p-chat to the user's stdout.

So a test is the ui, and there is a process to kill. SIGUSR1 closes its stdout, SIGUSR2 its stdin, as a ui
that broke would.
"""
import os

from breakable import pass_on, run

USER_IN, USER_OUT = 3, 4


def from_user(wake):
    if not pass_on(USER_IN, 1, wake):
        os.close(1)


def to_user(wake):
    if pass_on(0, USER_OUT, wake):
        os._exit(0)
    os.close(0)


# The one before it may have been killed in the middle of a line.
os.write(USER_OUT, b"\n")
os.write(1, b'{"type":"hello","protocol":1,"role":"ui","name":"relay-ui"}\n')
run(from_user, to_user)
