"""Ids: in the order in which one process made them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from begat.core import ids


def test_later_ids_are_greater_also_within_a_millisecond() -> None:
    made = [ids.new("sheet") for _ in range(5_000)]
    assert made == sorted(set(made))


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: ids.new("sheet"), range(5_000)))
    assert len(set(made)) == len(made)
