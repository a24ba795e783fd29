#!/usr/bin/env python3
"""Stands between p2p-chat and a plugin, the program $BETWEEN, and passes all bytes on.

SIGUSR1 closes its stdout, SIGUSR2 its stdin, as a plugin that broke would; the one behind notices nothing.
"""
import os, signal, subprocess, threading

NOWHERE = os.open("/dev/null", os.O_RDWR)
broken = threading.Event()
plugin = subprocess.Popen([os.environ["BETWEEN"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def pass_on(source, target):
    try:
        while chunk := os.read(source, 65_536):
            while chunk:
                chunk = chunk[os.write(target, chunk):]
    except BrokenPipeError:
        pass


def to_plugin():
    pass_on(0, plugin.stdin.fileno())
    if not broken.is_set():
        plugin.stdin.close()


def from_plugin():
    pass_on(plugin.stdout.fileno(), 1)
    code = plugin.wait()
    if not broken.is_set():
        # A signal has no code; whoever was killed did not end in good order.
        os._exit(code if code >= 0 else 1)


def close(descriptor):
    broken.set()
    os.dup2(NOWHERE, descriptor)


signal.signal(signal.SIGUSR1, lambda *_: close(1))
signal.signal(signal.SIGUSR2, lambda *_: close(0))
for work in (to_plugin, from_plugin):
    threading.Thread(target=work, daemon=True).start()
while True:
    signal.pause()
