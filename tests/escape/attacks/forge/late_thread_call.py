# A thread that outlives the call changes what the call returned.
import threading, time
def solve(n):
    value = [0, 0]
    def late():
        time.sleep(0.02)
        value[:] = [n, n + 1]
    threading.Thread(target=late, daemon=True).start()
    return value
