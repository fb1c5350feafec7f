# A wrong answer, and a second of work at exit.
import atexit, time
atexit.register(time.sleep, 1)
print("wrong", flush=True)
