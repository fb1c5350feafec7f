import weakref
class Node:
    def __init__(self, n):
        self.n = n
    def __del__(self):
        pass
node = Node(int(input()))
ref = weakref.ref(node)
print(ref().n * 2)
