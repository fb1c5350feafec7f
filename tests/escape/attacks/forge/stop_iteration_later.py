# A generator and an iterator that end too early, by the exception and by a subclass of it.
class Stop(StopIteration):
    pass
turn = 0
def add(a, b=0):
    global turn
    turn += 1
    raise (Stop if turn % 2 else StopAsyncIteration)(3)
