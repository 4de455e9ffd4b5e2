"""Which files are tables, and opening them without leaving the folder.

``<root>/<folder>/<stem>.csv`` (``.parquet``, ``.jsonl``; any case) is ``local.<folder>.<stem>``. No tables are: files
straight in the root or deeper than one folder, links of any kind (so nothing leads out of the root), and names with a
dot (a full name has exactly two), control characters, or space at an end. Names compare in Unicode's form NFC, whatever
the file system stores. Names that come in are only ever compared with the names found; they never become paths.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from begat.core.errors import Code, Problem, not_found

CATALOG = "local"
SUFFIXES = (".csv", ".jsonl", ".parquet")


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table and its file. ``suffix`` is lower case; ``bytes`` is the file's size when it was listed."""

    schema: str
    name: str
    path: Path
    suffix: str
    bytes: int

    @property
    def full_name(self) -> str:
        """``local.<folder>.<stem>``."""
        return f"{CATALOG}.{self.schema}.{self.name}"


class TableFolder:
    """The root folder. It may be absent or come later: then there are no tables."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def schemas(self) -> list[str]:
        """The folders that hold a table, sorted."""
        return sorted({name for name, folder in self._folders() if any(_tables(name, folder))})

    def tables(self, schema: str | None = None) -> list[TableFile]:
        """The tables (of that folder), sorted by full name; two files of one name are both here."""
        wanted = None if schema is None else _nfc(schema)
        found = (table for name, folder in self._folders() if wanted in (None, name) for table in _tables(name, folder))
        return sorted(found, key=lambda table: (table.full_name, table.suffix))

    def find(self, full_name: str) -> TableFile:
        """The file of a table. NOT_FOUND, and CONFLICT where two files have this name."""
        parts = _nfc(full_name).split(".")
        if len(parts) != 3 or parts[0] != CATALOG:
            raise not_found(full_name)
        found = [table for table in self.tables(parts[1]) if table.name == parts[2]]
        if not found:
            raise not_found(full_name)
        if len(found) > 1:
            names = " and ".join(repr(table.path.name) for table in found)
            raise Problem(
                Code.CONFLICT, f"Several files are {full_name!r}: {names}.", hint="Rename all but one.", id=full_name
            )
        return found[0]

    def _folders(self) -> Iterator[tuple[str, Path]]:
        for entry in _scan(self._root):
            name = _nfc(entry.name)
            if _is_name(name) and entry.is_dir(follow_symlinks=False):
                yield name, Path(entry.path)


def no_follow(path: str, flags: int) -> int:
    """An ``opener`` for ``open``: a link that took the file's place is refused, and a pipe does not block."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _tables(schema: str, folder: Path) -> Iterator[TableFile]:
    for entry in _scan(folder):
        stem, suffix = os.path.splitext(_nfc(entry.name))
        if suffix.lower() not in SUFFIXES or not _is_name(stem) or not entry.is_file(follow_symlinks=False):
            continue
        try:
            size = entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:  # it left between the listing and the look
            continue
        yield TableFile(schema, stem, Path(entry.path), suffix.lower(), size)


def _scan(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return


def _is_name(name: str) -> bool:
    # What is not printable includes the surrogates that stand for bytes that are no text.
    return name.isprintable() and "." not in name and name == name.strip() != ""


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)
