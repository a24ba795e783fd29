#!/usr/bin/env python3
"""Stands between p2p-chat and a plugin, the program $BETWEEN, and passes all bytes on.

SIGUSR1 closes its stdout on both sides, SIGUSR2 its stdin on p2p-chat's, as a plugin that broke would.
"""
import os, select, signal, subprocess, threading

plugin = subprocess.Popen([os.environ["BETWEEN"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def pass_on(source, target, wake):
    """Until there is no more; whether it was not stopped before."""
    waiting = select.poll()
    for descriptor in (source, wake):
        waiting.register(descriptor, select.POLLIN)
    while True:
        ready = [descriptor for descriptor, _ in waiting.poll()]
        if wake in ready:
            return False
        chunk = os.read(source, 65_536)
        if not chunk:
            return True
        while chunk:
            chunk = chunk[os.write(target, chunk):]


def to_plugin(wake):
    if pass_on(0, plugin.stdin.fileno(), wake):
        plugin.stdin.close()
    else:
        os.close(0)


def from_plugin(wake):
    if pass_on(plugin.stdout.fileno(), 1, wake):
        code = plugin.wait()
        # A signal has no code; whoever was killed did not end in good order.
        os._exit(code if code >= 0 else 1)
    plugin.stdout.close()
    os.close(1)


for work, number in ((from_plugin, signal.SIGUSR1), (to_plugin, signal.SIGUSR2)):
    wake, waker = os.pipe()
    signal.signal(number, lambda *_, waker=waker: os.write(waker, b"."))
    threading.Thread(target=work, args=(wake,), daemon=True).start()
while True:
    signal.pause()
