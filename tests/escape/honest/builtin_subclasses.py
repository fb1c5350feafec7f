class Stack(list):
    __slots__ = ()
    push = list.append
class Default(dict):
    def __missing__(self, key):
        self[key] = 0
        return 0
class Name(str):
    def shout(self):
        return self.upper()
class Meta(type):
    def __new__(mcs, name, bases, body):
        body["twice"] = lambda self: self.n * 2
        return super().__new__(mcs, name, bases, body)
class Number(metaclass=Meta):
    __slots__ = ("n",)
    def __init__(self, n):
        self.n = n
s = Stack()
s.push(Default()["x"] + int(input()))
assert Name("a").shout() == "A"
print(Number(s.pop()).twice())
