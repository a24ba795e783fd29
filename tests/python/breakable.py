"""What passes bytes on between pipes until there are no more, or a signal breaks a pipe in the middle."""
import os, select, signal, threading


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
        write(target, chunk)


def write(target, chunk):
    while chunk:
        chunk = chunk[os.write(target, chunk):]


def run(breaks_stdout, breaks_stdin):
    """Both at once, for ever. SIGUSR1 wakes the first, SIGUSR2 the second."""
    for work, number in ((breaks_stdout, signal.SIGUSR1), (breaks_stdin, signal.SIGUSR2)):
        wake, waker = os.pipe()
        signal.signal(number, lambda *_, waker=waker: os.write(waker, b"."))
        threading.Thread(target=work, args=(wake,), daemon=True).start()
    while True:
        signal.pause()
