#!/usr/bin/env python3
"""Stands between p2p-chat and a plugin, the program $BETWEEN, and passes all bytes on.

SIGUSR1 closes its stdout, SIGUSR2 its stdin, as a plugin that broke would. What it had said before is heard.
"""
import os, signal, subprocess

from breakable import pass_on, run, write

plugin = subprocess.Popen([os.environ["BETWEEN"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def to_plugin(wake):
    if pass_on(0, plugin.stdin.fileno(), wake):
        plugin.stdin.close()
    else:
        os.close(0)


def from_plugin(wake):
    said = plugin.stdout.fileno()
    if pass_on(said, 1, wake):
        code = plugin.wait()
        # A signal has no code; whoever was killed did not end in good order.
        os._exit(code if code >= 0 else 1)
    # Stopped, so that nothing is said between the last word and the end.
    plugin.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, plugin.pid, os.WSTOPPED)
    os.set_blocking(said, False)
    try:
        while chunk := os.read(said, 65_536):
            write(1, chunk)
    except BlockingIOError:
        pass
    plugin.stdout.close()
    os.close(1)
    plugin.send_signal(signal.SIGCONT)


run(from_plugin, to_plugin)
