#!/usr/bin/env python3
"""A ui that passes every line on: from the user's stdin to p2p-chat, from p2p-chat to the user's stdout.

So a test is the ui, and there is a process to kill. SIGUSR1 closes its stdout, SIGUSR2 its stdin, as a ui
that broke would.
"""
import os, signal, threading

USER_IN, USER_OUT = 3, 4
NOWHERE = os.open("/dev/null", os.O_RDWR)
broken = threading.Event()


def pass_on(source, target):
    while chunk := os.read(source, 65_536):
        while chunk:
            chunk = chunk[os.write(target, chunk):]


def close(descriptor):
    broken.set()
    os.dup2(NOWHERE, descriptor)


signal.signal(signal.SIGUSR1, lambda *_: close(1))
signal.signal(signal.SIGUSR2, lambda *_: close(0))
# The one before it may have been killed in the middle of a line.
os.write(USER_OUT, b"\n")
os.write(1, b'{"type":"hello","protocol":1,"role":"ui","name":"relay-ui"}\n')
threading.Thread(target=pass_on, args=(USER_IN, 1), daemon=True).start()


def follow():
    pass_on(0, USER_OUT)
    if not broken.is_set():
        os._exit(0)


threading.Thread(target=follow, daemon=True).start()
while True:
    signal.pause()
