"""Ids: in the order in which one process made them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from begat.core import ids
from begat.core.errors import Code, Problem


def test_later_ids_are_greater_also_within_a_millisecond() -> None:
    made = [ids.new("sheet") for _ in range(5_000)]
    assert made == sorted(set(made))


@pytest.mark.parametrize(("id", "shown"), [("sheet_😀", "sheet_\\U0001f600"), ("", ""), ("a\n", "a\n")])
def test_what_can_be_no_id_is_refused_and_named(id: str, shown: str) -> None:
    with pytest.raises(Problem) as refused:
        ids.check(id, "id")
    assert (refused.value.code, refused.value.id, refused.value.path) == (Code.NOT_FOUND, shown, ("id",))


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: ids.new("sheet"), range(5_000)))
    assert len(set(made)) == len(made)
