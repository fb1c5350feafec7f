from __future__ import annotations
import dataclasses, enum, typing
from collections import namedtuple
from typing import Generic, List, NamedTuple, Optional, TypeVar
T = TypeVar("T")
@dataclasses.dataclass(order=True, frozen=True, slots=True)
class Item(Generic[T]):
    value: int
    more: List[int] = dataclasses.field(default_factory=list)
class Kind(enum.IntEnum):
    TWO = 2
class Pair(NamedTuple):
    a: int
    b: Optional[int] = None
Point = namedtuple("Point", "x y")
class Shape(typing.Protocol):
    def area(self) -> float: ...
def main() -> None:
    item: Item[int] = Item(int(input()))
    print(Pair(item.value * Kind.TWO).a + Point(0, 0).y)
    assert typing.get_type_hints(Pair)["a"] is int
main()
