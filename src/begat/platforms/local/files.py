"""Files that are there whole or not at all, also when the machine stops in between."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import orjson

_CHUNK = 1 << 20


def write_atomic(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Gives ``path`` what ``fill`` writes: written beside it, on disk, and renamed into place."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_json(path: Path, value: object) -> None:
    """``write_atomic`` of a JSON value."""
    content = orjson.dumps(value)
    write_atomic(path, lambda file: file.write(content))


def read_json(path: Path) -> Any:
    """The JSON value in ``path``, None where there is no such file. ValueError where it holds none."""
    try:
        return orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None


def sync_folder(folder: Path) -> None:
    """Makes renames within ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """The SHA-256 of the file's bytes, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
