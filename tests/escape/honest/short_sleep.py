import time
n = int(input())
time.sleep(0.05)
start = time.perf_counter()
assert time.monotonic() and time.time() > 1e9 and time.process_time() >= 0
print(n * 2)
