# Prints the right answer, then spins at exit.
import atexit
@atexit.register
def spin():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
print("held", flush=True)
