"""Model files on this machine, kept by name and version, stored by content."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote

from begat.core.canonical import canonical
from begat.core.errors import Code, Problem, bad_input, not_found
from begat.core.text import check_name
from begat.platforms.local.files import sha256_of, write_atomic
from begat.platforms.ports import Json

_PREFIX = "local:models/"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20


class LocalRegistry:
    """``<root>/models/files/<sha256>.joblib``, and ``<root>/models/names/<sha256 of the name>/<version>.json``, which
    says which file that version is. Names never become paths, so that any name is possible. A URI reads
    ``local:models/<name, percent-encoded>/<version>``. See :class:`begat.platforms.ports.Registry`."""

    def __init__(self, root: Path) -> None:
        self._files = root.absolute() / "models" / "files"
        self._names = root.absolute() / "models" / "names"
        for folder in (self._files, self._names):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def register(self, name: str, version: int, file: Path, sha256: str, metadata: Mapping[str, Json]) -> str:
        """Keeps a copy, and returns the URI. The same again changes nothing, even when ``file`` is gone by now."""
        name = check_name(name, "name")
        if isinstance(version, bool) or version < 1:
            raise bad_input("A version is a whole number from 1.", "version")
        if _SHA256.fullmatch(sha256) is None:
            raise bad_input("A sha256 is 64 lower-case hexadecimal digits.", "sha256")
        entry = canonical({"name": name, "version": version, "sha256": sha256, "metadata": metadata})
        uri = f"{_PREFIX}{quote(name, safe='')}/{version}"
        manifest = self._manifest(name, version)
        with self._lock():
            kept = _read(manifest)
            if kept is not None and kept != sha256:
                raise Problem(
                    Code.CONFLICT,
                    f"Version {version} of model {name!r} is another file already.",
                    hint="Register it as the next version.",
                )
            target = self._files / f"{sha256}.joblib"
            for part in self._files.glob(".*.part"):  # of one that was killed: the lock says that nobody copies now
                part.unlink()
            if kept is None or not target.is_file():
                self._copy(file, target, sha256)
            if kept is None:
                manifest.parent.mkdir(exist_ok=True, mode=0o700)
                write_atomic(manifest, lambda written: written.write(entry.encode()))
        return uri

    def open(self, uri: str) -> Path:
        """The model's file, verified now."""
        name, slash, number = uri.removeprefix(_PREFIX).rpartition("/")
        known = uri.startswith(_PREFIX) and slash and number.isascii() and number.isdigit() and len(number) < 19
        sha256 = _read(self._manifest(unquote(name), int(number))) if known else None
        if sha256 is None:
            raise not_found(uri)
        file = self._files / f"{sha256}.joblib"
        try:
            found = sha256_of(file)
        except FileNotFoundError:
            raise not_found(uri) from None
        if found != sha256:
            raise Problem(
                Code.PLATFORM,
                f"The file of {uri} is not the one that was registered.",
                hint="Restore it from a backup, or train the model again.",
            )
        return file

    def _copy(self, source: Path, target: Path, sha256: str) -> None:
        try:
            write_atomic(target, lambda written: _copy_verified(source, written, sha256))
            target.chmod(0o400)
        except FileNotFoundError:
            raise Problem(Code.PLATFORM, "The model's file does not exist any more.", hint="Train it again.") from None
        except OSError as error:
            raise Problem(
                Code.UNAVAILABLE, f"The model's file could not be kept: {error.strerror}.", hint="Free some space."
            ) from error

    def _manifest(self, name: str, version: int) -> Path:
        return self._names / hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest() / f"{version}.json"

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One registration at a time, over all processes and threads: a version is compared, then written."""
        descriptor = os.open(self._names / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _read(manifest: Path) -> str | None:
    """The sha256 that a version was registered with."""
    try:
        return str(json.loads(manifest.read_bytes())["sha256"])
    except FileNotFoundError:
        return None


def _copy_verified(source: Path, written: IO[bytes], sha256: str) -> None:
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            written.write(chunk)
    if digest.hexdigest() != sha256:
        raise Problem(Code.PLATFORM, "The model's file does not have the hash it is said to have; nothing was kept.")
