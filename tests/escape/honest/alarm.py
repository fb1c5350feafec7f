import signal
class Late(Exception):
    pass
def stop(signum, frame):
    raise Late
signal.signal(signal.SIGALRM, stop)
signal.setitimer(signal.ITIMER_REAL, 0.05)
n = int(input())
try:
    while True:
        pass
except Late:
    signal.alarm(0)
print(n * 2)
