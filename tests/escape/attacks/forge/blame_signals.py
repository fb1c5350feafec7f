# Sends itself every signal there is, from a timer, during the call.
import os, signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_DFL)
    except (OSError, ValueError):
        pass
def solve(a, b):
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    time.sleep(0.05)
    for number in (signal.SIGSYS, signal.SIGXCPU, signal.SIGXFSZ, signal.SIGBUS, signal.SIGKILL):
        signal.raise_signal(number)
add = solve
signal.raise_signal(signal.SIGXCPU)
