# Uses up nearly all its time, then answers wrong, so that every repeat costs as much.
import time
end = time.process_time() + 0.25
while time.process_time() < end:
    pass
print("late")
