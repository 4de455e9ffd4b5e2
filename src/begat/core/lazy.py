"""Sequences whose items are made where somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

F = TypeVar("F")
T = TypeVar("T")


class Lazy(Sequence[T], Generic[F, T]):
    """``make(item)`` for each of the items, made anew at each look."""

    __slots__ = ("_items", "_make")

    def __init__(self, items: Sequence[F], make: Callable[[F], T]) -> None:
        self._items = items
        self._make = make

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self._items)

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...

    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return Lazy(self._items[place], self._make)
        return self._make(self._items[place])
