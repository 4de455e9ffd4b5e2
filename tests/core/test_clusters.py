"""Feedback that says the same is one issue, which keeps its key and its members whatever else comes in."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from begat.core.clusters import Cluster, Said, cluster, returns

WORDS = ["card", "lost", "stolen", "pin", "blocked", "rate", "exchange", "top", "up", "failed", "abroad", "refund"]


def said(number: int, text: str | None = None, answer: str | None = None, correction: str | None = None) -> Said:
    return Said(f"feedback_{number:04}", f"{number:04}", f"req|{number}", answer, correction, text, judges=True)


def members(clusters: list[Cluster]) -> dict[str, list[str]]:
    return {one.key: [member.id for member in one.members] for one in clusters}


def test_what_corrects_an_answer_alike_is_one_issue_whatever_its_words() -> None:
    found = cluster(
        [
            said(1, "where is it", "arrival", "lost"),
            said(2, "gone!", "arrival", "lost"),
            said(3, "gone!", "lost", "arrival"),
            said(4, "gone!", "arrival", "arrival"),
        ]
    )
    assert [(one.label, len(one.members)) for one in found[:1]] == [("arrival → lost", 2)]
    assert sorted(one.label for one in found[1:]) == ["gone!", "lost → arrival"]


def test_texts_that_are_alike_are_one_issue_named_by_the_first() -> None:
    found = cluster(
        [
            said(3, "Why did my top up fail?"),
            said(1, "Why did my  top up fail"),
            said(2, "What is the exchange rate?"),
            said(4, "why did my TOP UP fail again"),
            said(5, "??"),
            said(6, "??"),
            said(7, None),
            said(8, " "),
        ]
    )
    shown = [(one.label, [member.id[-1] for member in one.members]) for one in found[:2]]
    assert shown == [
        ("Why did my top up fail", ["1", "3", "4"]),
        ("??", ["5", "6"]),
    ]
    assert sum(len(one.members) for one in found) == 6


texts = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=25)


@settings(max_examples=40)
@given(texts, texts)
def test_later_feedback_changes_nothing_that_is_there(first: list[str], later: list[str]) -> None:
    """Also in another order of asking; and each is in one issue."""
    before = [said(number, text) for number, text in enumerate(first)]
    after = [said(1_000 + number, text) for number, text in enumerate(later)]
    mixed = [*before, *after]
    random.Random(7).shuffle(mixed)
    was, now = members(cluster(before)), members(cluster(mixed))
    for key, ids in was.items():
        assert now[key][: len(ids)] == ids
    assert sorted(id for ids in now.values() for id in ids) == [one.id for one in [*before, *after]]


def test_a_dismissed_issue_returns_when_it_has_grown_enough() -> None:
    assert not returns(5, 5)
    assert not returns(5, 3)
    assert returns(6, 3)
    assert not returns(14, 10)
    assert returns(15, 10)
