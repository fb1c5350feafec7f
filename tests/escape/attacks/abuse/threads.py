# Starts threads without end.
import threading, time
count = 0
try:
    while count < 20_000:
        threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
        count += 1
except (RuntimeError, MemoryError):
    pass
print("ESCAPED" if count > 512 else "held", flush=True)
