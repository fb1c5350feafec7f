import queue, threading
from concurrent.futures import ThreadPoolExecutor
n = int(input())
results = queue.Queue()
workers = [threading.Thread(target=lambda k=k: results.put(k)) for k in range(4)]
[w.start() for w in workers]
[w.join() for w in workers]
with ThreadPoolExecutor(2) as pool:
    print(sum(pool.map(lambda x: x * 2, [n])) + results.qsize() - 4)
