# Storms of its own timers and signals.
import signal
signal.signal(signal.SIGALRM, lambda *a: None)
signal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)
while True:
    signal.raise_signal(signal.SIGALRM)
