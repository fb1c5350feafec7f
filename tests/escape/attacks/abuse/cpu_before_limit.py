# Resets the clocks it can: timers, limits, handlers of the limit's own signal.
import resource, signal
for number in (signal.SIGXCPU, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
try:
    resource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6))
except (OSError, ValueError):
    pass
while True:
    pass
