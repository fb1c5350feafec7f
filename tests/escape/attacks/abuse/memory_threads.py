# Stacks of many threads, touched.
import threading, time
threading.stack_size(512 << 20)
def deep(n):
    return deep(n - 1) + 1 if n else 0
for _ in range(500):
    try:
        threading.Thread(target=lambda: (deep(900), time.sleep(30)), daemon=True).start()
    except (RuntimeError, MemoryError):
        break
print("done")
