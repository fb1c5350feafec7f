# Waits for a lock that nobody frees.
import threading
lock = threading.Lock()
lock.acquire()
lock.acquire()
