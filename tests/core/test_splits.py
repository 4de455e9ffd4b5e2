"""Every row gets a split, none leaks into another, and the ratios hold."""

from __future__ import annotations

import csv
import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import begat
from begat.core.errors import Code, Problems
from begat.core.splits import Split, SplitRow, report, split
from begat.core.text import normalize

BANKING = Path(begat.__file__).parent / "demo" / "banking77" / "train.csv"
USUAL = {Split.TRAIN: 0.8, Split.VALIDATION: 0.1, Split.TEST: 0.1}


@st.composite
def row_lists(draw: st.DrawFn) -> list[SplitRow]:
    """Rows with few groups, answers and questions, so that they meet."""
    groups = st.none() | st.integers(0, 12).map(lambda number: f"g{number}")
    strata = st.none() | st.sampled_from(["yes", "no", "", "perhaps"])
    texts = st.integers(0, 40).map(lambda number: f"Question  {number}?") | st.uuids().map(str)
    drawn = draw(st.lists(st.tuples(groups, strata, texts), max_size=60))
    return [SplitRow(f"pair_{number}", *parts) for number, parts in enumerate(drawn)]


@st.composite
def ratio_maps(draw: st.DrawFn) -> dict[Split, float]:
    """Ratios that total 1."""
    shares = draw(st.lists(st.integers(0, 20), min_size=3, max_size=3).filter(any))
    return {name: share / sum(shares) for name, share in zip(Split, shares, strict=True)}


def largest_block(rows: list[SplitRow]) -> int:
    """The rows of the largest block, by walking from row to row."""
    left, largest = set(rows), 0
    while left:
        block = {left.pop()}
        while True:
            questions = {normalize(row.text) for row in block}
            groups = {row.group for row in block} - {None}
            more = {row for row in left if row.group in groups or normalize(row.text) in questions}
            if not more:
                break
            block |= more
            left -= more
        largest = max(largest, len(block))
    return largest


@given(row_lists(), ratio_maps(), st.integers())
def test_every_row_gets_a_split_whose_ratio_is_above_0(
    rows: list[SplitRow], ratios: dict[Split, float], seed: int
) -> None:
    splits = split(rows, ratios, seed)
    assert splits.keys() == {row.id for row in rows}
    assert all(ratios[name] > 0 for name in splits.values())


@given(row_lists(), ratio_maps(), st.integers())
def test_no_group_and_no_question_is_cut(rows: list[SplitRow], ratios: dict[Split, float], seed: int) -> None:
    splits = split(rows, ratios, seed)
    of_group: dict[str, Split] = {}
    of_question: dict[str, Split] = {}
    for row in rows:
        assert of_question.setdefault(normalize(row.text), splits[row.id]) is splits[row.id]
        if row.group is not None:
            assert of_group.setdefault(row.group, splits[row.id]) is splits[row.id]
    counted = report(rows, splits)
    assert (counted.crossing_groups, counted.crossing_questions) == (0, 0)


@given(row_lists(), ratio_maps(), st.integers(), st.randoms())
def test_the_order_of_the_rows_does_not_matter(
    rows: list[SplitRow], ratios: dict[Split, float], seed: int, random: object
) -> None:
    before = split(rows, ratios, seed)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
    assert split(shuffled, ratios, seed) == before


@given(row_lists(), ratio_maps(), st.integers())
def test_the_sizes_hold_the_documented_bounds(rows: list[SplitRow], ratios: dict[Split, float], seed: int) -> None:
    sizes = Counter(split(rows, ratios, seed).values())
    count = sum(ratio > 0 for ratio in ratios.values())
    largest = largest_block(rows)
    for name, ratio in ratios.items():
        assert sizes[name] - ratio * len(rows) <= largest * (count - 1) / count + 1e-6
        assert ratio * len(rows) - sizes[name] <= largest * (count - 1) ** 2 / count + 1e-6


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=80), ratio_maps(), st.integers())
def test_each_answer_is_spread_within_the_documented_bound(
    strata: list[str], ratios: dict[Split, float], seed: int
) -> None:
    rows = [SplitRow(f"{number}", None, stratum, f"{number}") for number, stratum in enumerate(strata)]
    splits = split(rows, ratios, seed)
    count = sum(ratio > 0 for ratio in ratios.values())
    for stratum, total in Counter(strata).items():
        sizes = Counter(splits[row.id] for row in rows if row.stratum == stratum)
        for name, ratio in ratios.items():
            assert abs(sizes[name] - ratio * total) <= count - 1 + 1e-6


@pytest.mark.parametrize("count", [14, 20, 100])
def test_a_small_ratio_of_enough_rows_gets_some(count: int) -> None:
    rows = [SplitRow(f"{number}", f"{number}", f"{number % 7}", f"{number}") for number in range(count)]
    assert set(split(rows, USUAL, 7).values()) == set(Split)


def test_another_seed_gives_another_split() -> None:
    rows = [SplitRow(f"{number}", None, None, f"{number}") for number in range(200)]
    assert split(rows, USUAL, 1) != split(rows, USUAL, 2)


def test_the_seed_decides_also_where_every_answer_is_there_once() -> None:
    rows = [SplitRow(f"{number}", None, f"answer {number}", f"{number}") for number in range(200)]
    one, other = split(rows, USUAL, 1), split(rows, USUAL, 2)
    assert sum(one[id] is not other[id] for id in one) > 30


def test_the_split_of_a_row_is_the_same_on_every_machine_and_in_every_version() -> None:
    rows = [SplitRow(f"pair_{number}", None, "xyz"[number % 3], f"q{number}") for number in range(10)]
    tests = {id for id, name in split(rows, USUAL, 7).items() if name is Split.TEST}
    validations = {id for id, name in split(rows, USUAL, 7).items() if name is Split.VALIDATION}
    assert (tests, validations) == ({"pair_3"}, {"pair_9"})


def test_the_report_counts_rows_answers_and_what_was_kept_together() -> None:
    rows = [
        SplitRow("1", None, "a", "Where is it?"),
        SplitRow("2", None, "b", "where  IS it?"),
        SplitRow("3", "g", None, "Other"),
        SplitRow("4", "g", "a", "Another"),
    ]
    everything = split(rows, {Split.TRAIN: 1.0}, 7)
    counted = report(rows, everything)
    assert [(part.split, part.rows, part.answers) for part in counted.parts] == [
        (Split.TRAIN, 4, {"a": 2, "b": 1}),
        (Split.VALIDATION, 0, {}),
        (Split.TEST, 0, {}),
    ]
    assert counted.repeated == 1


def test_the_report_finds_what_a_wrong_split_does() -> None:
    rows = [SplitRow("1", "g", "a", "Same"), SplitRow("2", "g", "a", "same"), SplitRow("3", None, "a", "left out")]
    counted = report(rows, {"1": Split.TRAIN, "2": Split.TEST})
    assert (counted.crossing_questions, counted.crossing_groups) == (1, 1)
    assert sum(part.rows for part in counted.parts) == 2


@pytest.mark.parametrize(
    ("ratios", "paths"),
    [
        ({Split.TRAIN: 0.8, Split.TEST: 0.1}, [("input",)]),
        ({Split.TRAIN: 0.8, Split.TEST: 0.2 + 2e-9}, [("input",)]),
        ({Split.TRAIN: 1.2, Split.TEST: -0.2}, [("input", "train"), ("input", "test")]),
        ({Split.TRAIN: 1.0, Split.VALIDATION: math.nan}, [("input", "validation")]),
        ({Split.TRAIN: math.inf}, [("input", "train")]),
        ({Split.TRAIN: 1e308, Split.TEST: 1e308}, [("input", "train"), ("input", "test")]),
        ({}, [("input",)]),
    ],
)
def test_ratios_that_do_not_total_1_are_refused(ratios: dict[Split, float], paths: list[tuple[str, ...]]) -> None:
    with pytest.raises(Problems) as caught:
        split([], ratios, 7, "input")
    assert [problem.path for problem in caught.value.problems] == paths
    assert all(problem.code is Code.BAD_INPUT for problem in caught.value.problems)


def test_ratios_that_only_floating_point_keeps_from_1_are_taken() -> None:
    assert split([], {Split.TRAIN: 0.7, Split.VALIDATION: 0.1, Split.TEST: 0.2}, 7) == {}


def test_two_rows_with_one_id_are_a_fault() -> None:
    with pytest.raises(ValueError, match="same id"):
        split([SplitRow("1", None, None, "a"), SplitRow("1", None, None, "b")], USUAL, 7)


def test_real_questions_keep_their_ratios_in_every_answer() -> None:
    with BANKING.open(encoding="utf-8", newline="") as file:
        rows = [
            SplitRow(f"pair_{number}", None, row["category"], row["text"])
            for number, row in enumerate(csv.DictReader(file))
        ]
    counted = report(rows, split(rows, USUAL, 7))
    assert [round(part.rows / len(rows), 3) for part in counted.parts] == [0.8, 0.1, 0.1]
    assert [len(part.answers) for part in counted.parts] == [77, 77, 77]
    assert counted.repeated > 0
    assert counted.crossing_questions == 0
