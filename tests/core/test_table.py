from __future__ import annotations

from typing import NamedTuple

from begat.core.table import Table


class Point(NamedTuple):
    name: str
    height: int


POINTS = [Point("a", 1), Point("b", 2), Point("c", 3)]


def test_a_table_is_the_sequence_of_its_tuples() -> None:
    table = Table.of(Point, POINTS)
    assert (list(table), len(table), table[1], table[-1]) == (POINTS, 3, POINTS[1], POINTS[2])
    assert table.columns == {"name": ("a", "b", "c"), "height": (1, 2, 3)}


def test_a_slice_of_a_table_is_one() -> None:
    table = Table.of(Point, POINTS)
    assert table[1:] == Table.of(Point, POINTS[1:])
    assert table[3:] == Table.of(Point, [])
    assert table[1:] != table
    assert table != POINTS


def test_a_table_of_nothing_has_its_columns() -> None:
    empty = Table.of(Point, [])
    assert (list(empty), len(empty), list(empty.columns)) == ([], 0, ["name", "height"])
