"""Named tuples that are kept as columns, and made where somebody looks at one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast, overload

T = TypeVar("T", bound=tuple[Any, ...])


class Table(Sequence[T], Generic[T]):
    """Named tuples of one ``kind``; ``columns`` are equally long, and named and ordered as its fields."""

    __slots__ = ("columns", "kind")

    def __init__(self, kind: type[T], columns: Mapping[str, Sequence[Any]]) -> None:
        self.kind: Any = kind
        self.columns = columns

    @classmethod
    def of(cls, kind: type[T], rows: Iterable[Sequence[Any]]) -> Table[T]:
        """Of the values of each."""
        names = cast(Any, kind)._fields
        values: Sequence[Sequence[Any]] = tuple(zip(*rows, strict=True)) or ((),) * len(names)
        return cls(kind, dict(zip(names, values, strict=True)))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __iter__(self) -> Iterator[T]:
        return map(self.kind._make, zip(*self.columns.values(), strict=True))

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> Table[T]: ...

    def __getitem__(self, place: int | slice) -> T | Table[T]:
        if isinstance(place, slice):
            return Table(self.kind, {name: values[place] for name, values in self.columns.items()})
        found: T = self.kind._make(values[place] for values in self.columns.values())
        return found

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Table) else NotImplemented
