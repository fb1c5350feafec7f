import threading, time
n = int(input())
def work():
    time.sleep(0.05)
    print(n * 2)
threading.Thread(target=work).start()
