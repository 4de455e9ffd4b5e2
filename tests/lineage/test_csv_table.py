"""CSV exports: no name becomes a formula, with whatever a spreadsheet cuts the lines into cells."""

from __future__ import annotations

import csv

import pytest

from begat.lineage.export.csv_table import _rows

NAMES = ("=1+1", "x;=1+1;y", "a\t@SUM(1)", "x\n-1+cmd", 'q";+1', "\r=1", "x,=1+1")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", NAMES)
def test_no_cell_is_a_formula(name: str, delimiter: str) -> None:
    text = _rows([{"record": "node", "name": name}])
    cells = [cell for row in csv.reader(text.splitlines(keepends=True), delimiter=delimiter) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_every_other_text_is_as_it_was() -> None:
    for name in ("a-b; c=d", "C++", "x@y.example", "a; -1", "über; alles"):
        assert next(csv.DictReader([_rows([{"name": name}])], ["record", *"12345", "6", "name"]))["name"] == name
