"""Parquet files, with DuckDB's types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from duckdb import ColumnExpression, DuckDBPyConnection, DuckDBPyRelation

from begat.platforms.local.table_content import Content, Unreadable, as_rows, positions, unique
from begat.platforms.local.table_engine import engine
from begat.platforms.ports import ColumnInfo

if TYPE_CHECKING:  # DuckDB 1.3 has it elsewhere
    from duckdb.sqltypes import DuckDBPyType

# Types whose values Python has exactly. Any other becomes text in DuckDB: Python's own times hold no nanoseconds and no
# year 10,000, and its decimals would need a choice of digits here.
_PLAIN = frozenset(
    {"boolean", "tinyint", "smallint", "integer", "bigint", "hugeint", "float", "double", "varchar", "blob"}
    | {"utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"}
)


# Without hive_partitioning a folder named "year=2026" adds no column that is not in the file.
_SOURCE = "FROM read_parquet(?, hive_partitioning = false)"


class ParquetReader:
    """A :class:`begat.platforms.local.table_content.Reader`."""

    def describe(self, path: Path) -> tuple[ColumnInfo, ...]:
        """The columns, from the file's footer."""
        with engine(path) as connection:
            return _columns(_relation(connection, path))

    def load(self, path: Path, wanted: Sequence[str] | None, first: int | None) -> Content:
        """The rows, in the file's order."""
        with engine(path) as connection:
            relation = _relation(connection, path)
            columns = _columns(relation)
            kept = positions(columns, wanted)
            try:
                (total,) = relation.count("*").fetchall()[0]
                count = total if first is None else min(first, total)
                found = _rows(connection, path, relation, kept, count) if kept else [()] * count
            except duckdb.Error as error:
                raise _broken() from error
        shown = tuple(columns[place] for place in kept)
        return Content(shown, as_rows(found, shown), total)


def _rows(
    connection: DuckDBPyConnection, path: Path, relation: DuckDBPyRelation, kept: Sequence[int], count: int
) -> list[tuple[Any, ...]]:
    # By position: DuckDB parses a name given to it as SQL would, and a file may name a column anything.
    names = ", ".join(f"c{place}" for place in range(len(relation.columns)))
    by_position = connection.sql(f"{_SOURCE} AS t({names})", params=[str(path)])
    wanted = [ColumnExpression(f"c{place}").cast(_readable(relation.types[place])) for place in kept]
    return by_position.select(*wanted).limit(count).fetchall()


def _relation(connection: DuckDBPyConnection, path: Path) -> DuckDBPyRelation:
    try:
        return connection.sql(_SOURCE, params=[str(path)])
    except duckdb.Error as error:
        if not path.exists():
            raise FileNotFoundError(path) from error
        raise _broken() from error


def _columns(relation: DuckDBPyRelation) -> tuple[ColumnInfo, ...]:
    unique(relation.columns)
    return tuple(ColumnInfo(name, str(type_)) for name, type_ in zip(relation.columns, relation.types, strict=True))


def _readable(type_: DuckDBPyType) -> DuckDBPyType:
    """The type to cast to before Python sees a value."""
    text = duckdb.sqltype("VARCHAR")
    if type_.id in _PLAIN:
        return type_
    if type_.id not in ("list", "array", "struct", "map"):
        return text
    # An array's size is among its children too.
    children = {name: _readable(child) for name, child in type_.children if not isinstance(child, int | list)}
    if type_.id == "struct":
        return duckdb.struct_type(children)
    return duckdb.map_type(text, children["value"]) if type_.id == "map" else duckdb.list_type(children["child"])


def _broken() -> Unreadable:
    return Unreadable("it is no whole Parquet file, or is encrypted", "Write it again.")
