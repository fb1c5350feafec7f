# Thousands of threads with the smallest stacks.
import threading, time
threading.stack_size(32768)
count = 0
try:
    while count < 20_000:
        threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
        count += 1
except (RuntimeError, MemoryError, ValueError):
    pass
print("ESCAPED" if count > 256 else "held", flush=True)
