# Prints the right answer, then a thread that never ends keeps it alive.
import threading, time
print("held", flush=True)
threading.Thread(target=lambda: [time.sleep(1) for _ in range(1000)]).start()
