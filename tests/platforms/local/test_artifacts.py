"""What only the folder of snapshots does."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from begat.core.errors import Code, Problem
from begat.platforms.local.artifacts import LocalArtifacts, read_snapshot
from begat.platforms.ports import Row

ROWS: list[Row] = [
    {"question": "a", "answer": "x", "split": "train"},
    {"question": "b", "answer": None, "split": "test"},
]


def test_the_file_is_named_by_its_content_and_any_tool_can_read_it(tmp_path: Path) -> None:
    stored = LocalArtifacts(tmp_path).write(ROWS)
    assert Path(stored.path) == tmp_path / "snapshots" / f"{stored.sha256}.parquet"
    assert pq.read_table(stored.path).to_pylist() == ROWS
    assert read_snapshot(Path(stored.path), stored.sha256) == ROWS
    assert (stored.ref.sha256, stored.ref.path) == (stored.sha256, stored.path)


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty", "other rows", "other file"])
def test_a_damaged_file_is_named_and_writing_again_mends_it(tmp_path: Path, damage: str) -> None:
    artifacts = LocalArtifacts(tmp_path)
    stored = artifacts.write(ROWS)
    path = Path(stored.path)
    if damage == "other rows":
        path.write_bytes(Path(artifacts.write(ROWS[:1]).path).read_bytes())
    elif damage == "other file":
        pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    else:
        path.write_bytes({"cut": path.read_bytes()[:-9], "garbage": b"no parquet", "empty": b""}[damage])
    with pytest.raises(Problem) as refused:
        artifacts.read(stored.sha256)
    assert refused.value.code is Code.PLATFORM
    assert stored.sha256 in refused.value.message
    assert artifacts.write(ROWS) == stored
    assert artifacts.read(stored.sha256) == ROWS


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(Problem) as refused:
        read_snapshot(tmp_path / "none.parquet", "0" * 64)
    assert refused.value.code is Code.NOT_FOUND


def test_what_a_killed_writer_left_is_no_snapshot_and_goes_after_a_day(tmp_path: Path) -> None:
    LocalArtifacts(tmp_path)
    old, new = (tmp_path / "snapshots" / f".{'0' * 64}.parquet.{name}.part" for name in ("old", "new"))
    for draft in (old, new):
        draft.write_bytes(b"PAR1 half")
    os.utime(old, (time.time() - 90_000, time.time() - 90_000))
    artifacts = LocalArtifacts(tmp_path)
    assert not artifacts.exists("0" * 64)
    assert not old.exists()
    assert new.exists()


def test_a_full_or_unwritable_place_is_a_typed_problem(tmp_path: Path) -> None:
    artifacts = LocalArtifacts(tmp_path)
    (tmp_path / "snapshots").rmdir()
    with pytest.raises(Problem) as refused:
        artifacts.write(ROWS)
    assert refused.value.code is Code.UNAVAILABLE
