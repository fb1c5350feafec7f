import abc
import math
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
    @property
    def double(self):
        return self.area() * 2
class Circle(Shape):
    kind = "round"
    def __init__(self, r):
        if r < 0:
            raise ValueError("negative radius")
        self.r = r
    def area(self):
        return math.pi * self.r**2
    @staticmethod
    def unit():
        return Circle(1)
    @classmethod
    def named(cls):
        return cls.__name__
class Square(Shape):
    def __init__(self, a):
        self.a = a
    def area(self):
        return self.a**2
    def __iter__(self):
        return iter([self.a] * 4)
