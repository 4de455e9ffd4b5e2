"""What every ``Artifacts`` does."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from begat.core.errors import Code, Problem
from begat.platforms.local.artifacts import LocalArtifacts
from begat.platforms.ports import Artifacts, Row

OPEN: dict[str, Callable[[Path], Artifacts]] = {"local": LocalArtifacts}

PAIRS: list[Row] = [
    {"id": "pair_1", "question": "Where is my card?\nSince Monday…", "answer": "card_arrival", "split": "train"},
    {"id": "pair_2", "question": "カードはどこ？", "answer": "card_arrival", "split": "test"},
]


@pytest.fixture(params=OPEN)
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    return OPEN[request.param](tmp_path)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def test_what_is_written_is_read_again(artifacts: Artifacts) -> None:
    stored = artifacts.write(PAIRS)
    assert stored.rows == 2
    assert artifacts.exists(stored.sha256)
    assert artifacts.read(stored.sha256) == PAIRS


def test_the_name_is_the_sha256_of_the_canonical_lines(artifacts: Artifacts) -> None:
    lines = '{"a":1,"b":"x"}\n{"a":2.5,"b":null}\n'
    stored = artifacts.write([{"b": "x", "a": 1}, {"a": 2.5, "b": None}])
    assert stored.sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_the_same_rows_have_one_name_and_one_place(artifacts: Artifacts) -> None:
    assert artifacts.write(PAIRS) == artifacts.write([dict(reversed(row.items())) for row in PAIRS])


def test_the_order_of_rows_and_every_value_count(artifacts: Artifacts) -> None:
    changed = [PAIRS[0], {**PAIRS[1], "split": "train"}]
    names = {artifacts.write(rows).sha256 for rows in (PAIRS, PAIRS[::-1], PAIRS[:1], [], changed)}
    assert len(names) == 5


@given(rows=st.lists(st.dictionaries(texts, values, max_size=4), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_rows_come_back_as_they_were(artifacts: Artifacts, rows: list[Row]) -> None:
    stored = artifacts.write(rows)
    assert artifacts.read(stored.sha256) == rows
    assert stored.rows == len(rows)


def test_types_are_kept(artifacts: Artifacts) -> None:
    rows: list[Row] = [
        {"one": 1, "mixed": True, "big": 2**70, "list": [1, "x"], "null": None},
        {"one": 2, "mixed": 1, "big": 1, "list": [], "null": None, "only here": None},
    ]
    read = artifacts.read(artifacts.write(rows).sha256)
    assert read == rows
    assert [type(row["mixed"]) for row in read] == [bool, int]
    assert "only here" not in read[0]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"deep": [float("-inf")]}, object()])
def test_what_json_cannot_say_is_refused_and_nothing_is_stored(
    artifacts: Artifacts, tmp_path: Path, value: object
) -> None:
    with pytest.raises(Problem) as refused:
        artifacts.write([{"fine": 1}, {"text": value}])  # type: ignore[dict-item]  # the bad value is the point
    assert refused.value.code is Code.BAD_INPUT
    assert refused.value.path[0] == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["0" * 64, "", "../../etc/passwd", "A" * 64, "*", "0" * 63 + "\n"])
def test_an_unknown_name_is_not_found(artifacts: Artifacts, name: str) -> None:
    assert not artifacts.exists(name)
    with pytest.raises(Problem) as refused:
        artifacts.read(name)
    assert refused.value.code is Code.NOT_FOUND


def test_eight_writers_at_once_store_one_snapshot(artifacts: Artifacts) -> None:
    rows: list[Row] = [{"n": n, "text": "x" * 50} for n in range(2_000)]
    together = threading.Barrier(8)
    stored, failed = set(), []

    def write() -> None:
        try:
            together.wait()
            snapshot = artifacts.write(rows)
            assert artifacts.read(snapshot.sha256) == rows
            stored.add(snapshot.sha256)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(stored) == 1


def test_another_process_gives_the_same_rows_the_same_name(artifacts: Artifacts, tmp_path: Path) -> None:
    source = (
        "import sys; from pathlib import Path; from begat.platforms.local.artifacts import LocalArtifacts;"
        "print(LocalArtifacts(Path(sys.argv[1])).write([{'b': 'é', 'a': [1, None]}]).sha256)"
    )
    other = subprocess.run(
        [sys.executable, "-c", source, str(tmp_path / "b")], capture_output=True, check=True, text=True
    )
    assert other.stdout.strip() == artifacts.write([{"a": [1, None], "b": "é"}]).sha256
