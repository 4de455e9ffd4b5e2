"""The journal of questions: what it knows after a crash, and that of two begats only one asks."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from begat.core.errors import Code, Problem
from begat.platforms.local.journal import FileJournal, FileJournals
from begat.platforms.ports import Call

ANSWER = Call("q1", "卡 \U0001f600 card\n", None, 12, 3, paid=True)
REFUSED = Call("q2", None, ("PLATFORM", "no", None), None, None, paid=False)


def test_what_was_begun_is_never_begun_again_and_what_came_of_it_is_known(tmp_path: Path) -> None:
    journals = FileJournals(tmp_path)
    first = journals.open("tsheet_1", "g1")
    assert [first.begin(key) for key in ("q1", "q2", "q3")] == [None, None, None]
    first.end(ANSWER)
    first.end(REFUSED)
    # As another begat, or this one after a crash, finds it: q3 was under way.
    second = journals.open("tsheet_1", "g1")
    assert (second.begin("q1"), second.begin("q2")) == (ANSWER, REFUSED)
    doubt = second.begin("q3")
    assert doubt is not None
    assert doubt.problem is not None
    assert (doubt.paid, doubt.problem[0], "may have been billed" in doubt.problem[1]) == (False, "UNAVAILABLE", True)
    assert second.begin("q4") is None
    assert first.begin("q4") is not None, "the first one looks again before it asks"
    file = tmp_path / "generations" / "tsheet_1" / "g1.jsonl"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)


def test_a_later_run_takes_answers_of_an_earlier_one_and_asks_what_was_refused(tmp_path: Path) -> None:
    journals = FileJournals(tmp_path)
    first = journals.open("tsheet_1", "g1")
    for call in (ANSWER, REFUSED):
        first.begin(call.key)
        first.end(call)
    first.begin("q3")
    second = journals.open("tsheet_1", "g2", journals.runs("tsheet_1"))
    assert [second.begin(key) for key in ("q1", "q2", "q3")] == [ANSWER, None, None]
    assert second.calls() == [ANSWER], "what it reuses is part of what it took"
    assert journals.open("tsheet_1", "g3").begin("q1") is None
    assert (journals.subjects(), journals.runs("tsheet_1")) == (["tsheet_1"], ["g1", "g2", "g3"])
    (tmp_path / "generations" / ".DS_Store").touch()
    assert journals.subjects() == ["tsheet_1"], "what is no journal's name is left alone"
    journals.forget("tsheet_1", "g1")
    journals.forget("tsheet_1")
    assert journals.subjects() == []


def test_a_line_that_was_cut_off_is_none_and_the_next_one_is_whole(tmp_path: Path) -> None:
    journals = FileJournals(tmp_path)
    journals.open("tsheet_1", "g1").begin("q1")
    file = tmp_path / "generations" / "tsheet_1" / "g1.jsonl"
    with file.open("ab") as out:
        out.write(b'{"end": "q1", "text": "ha')
    after = journals.open("tsheet_1", "g1")
    assert after.begin("q2") is None
    again = journals.open("tsheet_1", "g1")
    assert (again.known("q1"), again.known("q2"), again.calls()) == (True, True, [])
    again.end(ANSWER)
    assert journals.open("tsheet_1", "g1").begin("q1") == ANSWER


def test_of_many_who_ask_at_once_one_may(tmp_path: Path) -> None:
    journals = [FileJournals(tmp_path).open("tsheet_1", "g1") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        begun = [list(pool.map(FileJournal.begin, journals, [f"q{number}"] * 8)) for number in range(20)]
    assert [sum(call is None for call in row) for row in begun] == [1] * 20


def test_where_nothing_can_be_written_nothing_may_be_asked(tmp_path: Path) -> None:
    (tmp_path / "generations").write_text("a file where a folder should be")
    with pytest.raises(Problem) as refused:
        FileJournals(tmp_path).open("tsheet_1", "g1").begin("q1")
    assert refused.value.code is Code.UNAVAILABLE
    with pytest.raises(ValueError, match="no journal"):
        FileJournals(tmp_path).open("../etc", "g1")
