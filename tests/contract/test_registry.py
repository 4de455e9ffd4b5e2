"""What every ``Registry`` does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from begat.core.errors import Code, Problem
from begat.platforms.local.registry import LocalRegistry
from begat.platforms.ports import Registry

OPEN: dict[str, Callable[[Path], Registry]] = {"local": LocalRegistry}


@pytest.fixture(params=OPEN)
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    return OPEN[request.param](tmp_path / "platform")


def model(folder: Path, content: bytes) -> tuple[Path, str]:
    """A model's file and its sha256."""
    path = folder / hashlib.md5(content, usedforsecurity=False).hexdigest()
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


def refusal(registry: Registry, name: str, version: int, file: tuple[Path, str]) -> Code:
    with pytest.raises(Problem) as refused:
        registry.register(name, version, *file, {})
    return refused.value.code


def test_what_is_registered_is_opened_again_byte_for_byte(registry: Registry, tmp_path: Path) -> None:
    content = bytes(range(256)) * 100
    file = model(tmp_path, content)
    uri = registry.register("intents", 1, *file, {"trainer": "linear_svm", "classes": ["a", "ä"]})
    file[0].unlink()
    assert registry.open(uri).read_bytes() == content


def test_names_and_versions_are_told_apart(registry: Registry, tmp_path: Path) -> None:
    names = ("intents", "Intents", "intents/2", "intents 2", "ïntents")
    kept = {
        registry.register(name, version, *model(tmp_path, f"{name} {version}".encode()), {}): f"{name} {version}"
        for name in names
        for version in (1, 2, 10)
    }
    assert len(kept) == len(names) * 3
    assert {uri: registry.open(uri).read_text() for uri in kept} == kept


def test_the_same_again_is_the_same_and_another_is_a_conflict(registry: Registry, tmp_path: Path) -> None:
    first, other = model(tmp_path, b"one"), model(tmp_path, b"two")
    uri = registry.register("intents", 1, *first, {})
    assert registry.register("intents", 1, *first, {}) == uri
    assert refusal(registry, "intents", 1, other) is Code.CONFLICT
    assert registry.open(uri).read_bytes() == b"one"


def test_a_file_that_is_not_what_it_is_said_to_be_is_not_kept(registry: Registry, tmp_path: Path) -> None:
    file, _ = model(tmp_path, b"one")
    assert refusal(registry, "intents", 1, (file, "0" * 64)) is Code.PLATFORM
    right = model(tmp_path, b"one")
    assert registry.open(registry.register("intents", 1, *right, {})).read_bytes() == b"one"


@pytest.mark.parametrize("uri", ["", "nowhere", "local:models/intents/1", "local:models/../../etc/passwd/1", "a\0b"])
def test_what_was_never_registered_is_not_found(registry: Registry, uri: str) -> None:
    with pytest.raises(Problem) as refused:
        registry.open(uri)
    assert refused.value.code is Code.NOT_FOUND


def test_eight_who_register_the_same_at_once_get_one_uri(registry: Registry, tmp_path: Path) -> None:
    file = model(tmp_path, b"one" * 100_000)
    with ThreadPoolExecutor(8) as pool:
        uris = set(pool.map(lambda _: registry.register("intents", 1, *file, {}), range(8)))
    assert len(uris) == 1
    assert registry.open(uris.pop()).stat().st_size == 300_000
