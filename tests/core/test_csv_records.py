"""CSV is read as others write it, and what is broken stays where it broke."""

from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from begat.core.csv_records import Record, records


def read(text: str) -> list[tuple[int, tuple[str, ...] | str]]:
    """Line and fields of each record, or line and error."""
    return [(record.line, record.error or record.fields) for record in records(text)]


FIELDS = st.text(st.sampled_from('ab",\n\r \u2028é;'), max_size=6)
# Python 3.11 does not quote a carriage return where lines end without one.
WAYS = st.sampled_from([("\r\n", False), ("\r\n", True), ("\n", True)])


@given(st.lists(st.lists(FIELDS, min_size=2, max_size=4), max_size=6), WAYS)
def test_what_python_writes_is_read_back_with_its_lines(rows: list[list[str]], way: tuple[str, bool]) -> None:
    end, quote_all = way
    lines, parts = [], []
    line = 1
    for row in rows:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator=end, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL).writerow(row)
        lines.append(line)
        parts.append(buffer.getvalue())
        line += len(parts[-1].replace("\r\n", "\n").replace("\r", "\n").split("\n")) - 1
    assert read("".join(parts)) == [(at, tuple(row)) for at, row in zip(lines, rows, strict=True)]


def test_empty_lines_are_skipped_and_counted() -> None:
    assert read('a,b\n\n\r\n1,2\n""\n,\n') == [(1, ("a", "b")), (4, ("1", "2")), (5, ("",)), (6, ("", ""))]


def test_the_last_line_needs_no_end() -> None:
    assert read("a,b\n1,") == [(1, ("a", "b")), (2, ("1", ""))]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ('2,"b" c', "field 2 text follows the closing quote"),
        ('2,b"c"', "field 2 a quote stands inside the text"),
        ('2,"never closed', "The quote in field 2 is never closed."),
        ('"never,closed', "The quote in field 1 is never closed."),
    ],
)
def test_a_broken_record_does_not_take_the_next_with_it(broken: str, words: str) -> None:
    first, second, third = records(f'1,"a\nb"\n{broken}\n3,c')
    assert (first, third) == (Record(1, ("1", "a\nb")), Record(4, ("3", "c")))
    assert second.line == 3
    assert words in (second.error or "")


def test_a_broken_record_over_several_lines_is_left_out_whole() -> None:
    assert [record.line for record in records('1,"a\n7,b\n8,c" d\n9,e')] == [1, 4]


@pytest.mark.parametrize(
    "text", ['"' + "a" * 900_000, '"a\n' * 300_001, '""' * 450_000, 'a,"""\n' * 150_001, "," * 900_000]
)
def test_a_monstrous_file_is_read_soon(text: str) -> None:
    begun = time.process_time()
    assert sum(1 for _ in records(text)) > 0
    assert time.process_time() - begun < 5
