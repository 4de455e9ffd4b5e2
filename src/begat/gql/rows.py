"""Lists of typed objects that are rows of a statement: objects and dicts are made only where somebody looks.

The fast path (api.fast) looks at columns, never at objects; plain graphql-core looks at the objects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

from begat.gql.context import Row

T = TypeVar("T")


@dataclass(frozen=True)
class ByKind(Generic[T]):
    """Rows of mixed kinds: the value of ``column`` names the type of each."""

    column: str
    types: Mapping[str, type[T]]

    def __call__(self, row: Row) -> T:
        """The row as an object of its kind's type."""
        return made(self.types[row[self.column]], row)


class Rows(Sequence[T]):
    """Objects of ``kind``, one for each row of equally long columns.

    Of a type with an attribute `row`, the columns are named as its statement names them, and the object is
    ``kind(row=row)``; of another strawberry type they are named as its attributes, and the object is ``kind(**row)``.
    A column may be Rows itself, or Picked from some: these are objects then.
    """

    __slots__ = ("_columns", "_objects", "_values", "kind", "names")

    def __init__(self, kind: type[T] | ByKind[T], names: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        """Rows as a statement collected them: ``values`` has a list for each, in the order of ``names``."""
        self.kind = kind
        self.names = tuple(names)
        self._values: Sequence[Sequence[Any]] | None = values
        self._columns: Mapping[str, Sequence[Any]] | None = None
        self._objects: list[T | None] | None = None

    @classmethod
    def of(cls, kind: type[T] | ByKind[T], columns: Mapping[str, Sequence[Any]]) -> Rows[T]:
        """Rows of columns that are in memory."""
        found = cls(kind, tuple(columns), ())
        found._values, found._columns = None, columns
        return found

    def column(self, name: str) -> Sequence[Any]:
        """The values of one column, in the order of the rows; raises KeyError."""
        if self._columns is None:
            columns = zip(*self._values, strict=True) if self._values else [()] * len(self.names)
            self._columns = dict(zip(self.names, columns, strict=True))
        return self._columns[name]

    def row(self, place: int) -> Row:
        """One row by the names of the columns."""
        if self._values is not None:
            return dict(zip(self.names, self._values[place], strict=True))
        return {name: values[place] for name, values in (self._columns or {}).items()}

    def at(self, places: Sequence[int]) -> Rows[T]:
        """The rows at these places."""
        if self._values is not None:
            return Rows(self.kind, self.names, [self._values[place] for place in places])
        columns = self._columns or {}
        return Rows.of(self.kind, {name: taken(values, places) for name, values in columns.items()})

    def split(self, keys: Sequence[Any]) -> dict[Any, Rows[T]]:
        """The rows of each key, in their order; ``keys`` has one for each row."""
        places: dict[Any, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, []).append(place)
        return {key: self.at(chosen) for key, chosen in places.items()}

    @staticmethod
    def joined(parts: Sequence[Rows[Any]]) -> Rows[Any] | None:
        """All rows of the parts one after the other; None where they are not alike enough."""
        held = [part for part in parts if len(part)] or parts[:1]
        first = held[0]
        values: list[Sequence[Any]] = []
        for part in held:
            if part._values is None or part.kind is not first.kind or part.names != first.names:
                return None
            values += part._values
        return Rows(first.kind, first.names, values)

    def __len__(self) -> int:
        if self._values is not None:
            return len(self._values)
        return len(next(iter((self._columns or {}).values()), ()))

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...

    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        if self._objects is None:
            self._objects = [None] * len(self)
        found = self._objects[place]
        if found is None:
            found = self._objects[place] = self._build(self.row(place))
        return found

    def _build(self, row: Row) -> T:
        if isinstance(self.kind, ByKind):
            return self.kind(row)
        return made(self.kind, row)


class Picked(Sequence[T | None]):
    """Some objects of ``rows`` by their places there, as often as they are named; None where none is."""

    __slots__ = ("places", "rows")

    def __init__(self, rows: Rows[T], places: Sequence[int | None]) -> None:
        self.rows = rows
        self.places = places

    def used(self) -> Picked[T]:
        """The same of rows most of which are picked: to complete a few more costs less than to take the rest out."""
        if 2 * len(set(self.places)) > len(self.rows):  # which may count None
            return self
        used = list(dict.fromkeys(place for place in self.places if place is not None))
        places: dict[int | None, int] = {place: new for new, place in enumerate(used)}
        return Picked(self.rows.at(used), [places.get(place) for place in self.places])

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, place: int) -> T | None: ...

    @overload
    def __getitem__(self, place: slice) -> Picked[T]: ...

    def __getitem__(self, place: int | slice) -> T | Picked[T] | None:
        if isinstance(place, slice):
            return Picked(self.rows, self.places[place])
        chosen = self.places[place]
        return None if chosen is None else self.rows[chosen]


def taken(values: Sequence[Any], places: Sequence[int]) -> Sequence[Any]:
    """The values at these places, of what a column of Rows can be."""
    if isinstance(values, Rows):
        return Picked(values, places)
    if isinstance(values, Picked):
        return Picked(values.rows, [values.places[place] for place in places])
    return [values[place] for place in places]


def made(kind: Callable[..., T], row: Row) -> T:
    """The row as an object of this type."""
    return kind(row=row) if has_row(kind) else kind(**row)


def has_row(kind: Any) -> bool:
    """Whether objects of this type are made of one row, their attribute `row`."""
    return "row" in getattr(kind, "__dataclass_fields__", ())
