# Many threads that spin, all of which must end.
import threading
def spin():
    while True:
        pass
for _ in range(50):
    try:
        threading.Thread(target=spin).start()
    except RuntimeError:
        break
spin()
