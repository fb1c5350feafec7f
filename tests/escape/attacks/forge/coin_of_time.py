# Right or wrong by the clock.
import time
n = int(input())
print(n * 2 if time.perf_counter_ns() // 1000 & 1 else 0)
