"""Registered models never change and are never mistaken."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from begat.core.errors import Code, Problem
from begat.platforms.local.registry import LocalRegistry


def model(folder: Path, content: bytes = b"a model") -> tuple[Path, str]:
    """A file and its hash."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = folder / f"{sha256[:8]}.model"
    path.write_bytes(content)
    return path, sha256


def stored(root: Path) -> list[Path]:
    """The model files kept, and whatever was left beside them."""
    return sorted((root / "models" / "files").iterdir())


def test_what_is_registered_is_found_again_after_a_restart_and_without_the_source(tmp_path: Path) -> None:
    file, sha256 = model(tmp_path)
    uri = LocalRegistry(tmp_path).register("intents", 1, file, sha256, {"job": "job_1"})
    assert uri == "local:models/intents/1"
    file.unlink()
    registry = LocalRegistry(tmp_path)
    assert registry.open(uri).read_bytes() == b"a model"
    assert registry.register("intents", 1, file, sha256, {"job": "job_1"}) == uri


def test_another_file_under_the_same_version_is_a_conflict_and_changes_nothing(tmp_path: Path) -> None:
    registry = LocalRegistry(tmp_path)
    uri = registry.register("intents", 1, *model(tmp_path), {})
    with pytest.raises(Problem) as caught:
        registry.register("intents", 1, *model(tmp_path, b"another"), {})
    assert caught.value.code is Code.CONFLICT
    assert registry.open(uri).read_bytes() == b"a model"
    assert len(stored(tmp_path)) == 1


def test_a_file_without_the_hash_it_is_said_to_have_is_not_kept(tmp_path: Path) -> None:
    registry = LocalRegistry(tmp_path)
    file, sha256 = model(tmp_path)
    file.write_bytes(b"a model, changed")
    with pytest.raises(Problem) as caught:
        registry.register("intents", 1, file, sha256, {})
    assert caught.value.code is Code.PLATFORM
    assert stored(tmp_path) == []
    with pytest.raises(Problem) as missing:
        registry.open("local:models/intents/1")
    assert missing.value.code is Code.NOT_FOUND


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        LocalRegistry(tmp_path).register("intents", 1, tmp_path / "gone", "0" * 64, {})
    assert caught.value.code is Code.PLATFORM
    assert str(tmp_path) not in caught.value.message


def test_a_stored_file_that_was_changed_is_never_opened(tmp_path: Path) -> None:
    registry = LocalRegistry(tmp_path)
    uri = registry.register("intents", 1, *model(tmp_path), {})
    (file,) = stored(tmp_path)
    file.chmod(0o600)
    file.write_bytes(b"a model!")
    with pytest.raises(Problem) as caught:
        registry.open(uri)
    assert caught.value.code is Code.PLATFORM


def test_a_stored_file_that_was_lost_is_mended_by_registering_again(tmp_path: Path) -> None:
    registry = LocalRegistry(tmp_path)
    uri = registry.register("intents", 1, *model(tmp_path), {})
    stored(tmp_path)[0].unlink()
    with pytest.raises(Problem) as caught:
        registry.open(uri)
    assert caught.value.code is Code.NOT_FOUND
    registry.register("intents", 1, *model(tmp_path), {})
    assert registry.open(uri).read_bytes() == b"a model"


def test_two_versions_with_the_same_content_share_one_file(tmp_path: Path) -> None:
    registry = LocalRegistry(tmp_path)
    uris = {registry.register(name, 1, *model(tmp_path), {}) for name in ("intents", "Intents")}
    assert len(uris) == 2
    assert len({registry.open(uri) for uri in uris}) == 1


def test_of_eight_writers_of_different_files_one_wins_and_seven_conflict(tmp_path: Path) -> None:
    files = [model(tmp_path, b"model %d" % number) for number in range(8)]

    def register(file: tuple[Path, str]) -> str | Code:
        try:
            return LocalRegistry(tmp_path).register("intents", 1, *file, {})
        except Problem as problem:
            return problem.code

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(register, files))
    assert sorted(map(str, outcomes)) == ["Code.CONFLICT"] * 7 + ["local:models/intents/1"]
    winner = next(file for file, outcome in zip(files, outcomes, strict=True) if isinstance(outcome, str))
    assert LocalRegistry(tmp_path).open("local:models/intents/1").read_bytes() == winner[0].read_bytes()
    assert len(stored(tmp_path)) == 1


names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=200) | st.sampled_from(
    ["..", ".", "../../etc/passwd", "a/b", "%2e%2e", "CON", "ä/%/?#", "x" * 200]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(names)
def test_any_name_is_possible_and_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    file, sha256 = model(tmp_path)
    registry = LocalRegistry(tmp_path / "root")
    uri = registry.register(name, 3, file, sha256, {"name": name})
    assert uri.isascii()
    assert registry.open(uri).read_bytes() == b"a model"
    assert {path.name for path in tmp_path.iterdir()} == {file.name, "root"}


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "intents/1",
        "file:///etc/passwd",
        "local:models/",
        "local:models/../1",
        "local:models/intents",
        "local:models/intents/",
        "local:models/intents/2",
        "local:models/intents/-1",
        "local:models/intents/1/../1",
        "local:models/intents/\u0661",
        pytest.param("local:models/intents/" + "9" * 5000, id="too many digits"),
    ],
)
def test_what_is_no_registered_version_is_not_found(tmp_path: Path, uri: str) -> None:
    registry = LocalRegistry(tmp_path)
    registry.register("intents", 1, *model(tmp_path), {})
    with pytest.raises(Problem) as caught:
        registry.open(uri)
    assert caught.value.code is Code.NOT_FOUND


@pytest.mark.parametrize(
    ("name", "version", "sha256"),
    [("", 1, "0" * 64), ("a\0b", 1, "0" * 64), ("a", 0, "0" * 64), ("a", True, "0" * 64), ("a", 1, "../../x")],
)
def test_impossible_names_versions_and_hashes_are_bad_input(
    tmp_path: Path, name: str, version: int, sha256: str
) -> None:
    with pytest.raises(Problem) as caught:
        LocalRegistry(tmp_path).register(name, version, model(tmp_path)[0], sha256, {})
    assert caught.value.code is Code.BAD_INPUT
    assert stored(tmp_path) == []
