"""A snapshot's Parquet file: plain columns where a field is of one plain type, JSON text where it is not.

Every JSON row comes back exactly: 1 stays an integer and 1.0 a float, a missing field is not a null one. A field that
every row has, with texts (or booleans, 64-bit integers, floats) and nulls only, is a plain column, which any other tool
can read. Any other is a text column of JSON, marked ``begat: json`` in its metadata; there, a null is a missing field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from begat.platforms.ports import Json, Row

_MARK = {b"begat": b"json"}
_PLAIN: dict[type, Any] = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64()}


def save(rows: Sequence[Mapping[str, Json]], file: IO[bytes]) -> None:
    """Writes the rows, in this order."""
    # A row without any field leaves no trace in a column, so the count is kept apart.
    names = sorted({name for row in rows for name in row})
    columns = [_column(rows, name) for name in names]
    fields = [pa.field(name, column.type, metadata=mark) for name, (column, mark) in zip(names, columns, strict=True)]
    schema = pa.schema(fields, metadata={b"begat_rows": str(len(rows)).encode()})
    pq.write_table(pa.table([column for column, _ in columns], schema=schema), file, compression="zstd")


def load(file: IO[bytes]) -> list[Row]:
    """The rows as they were saved. Raises pyarrow's errors, ValueError or KeyError for what is no such file."""
    table = pq.read_table(file)
    rows: list[Row] = [{} for _ in range(int(table.schema.metadata[b"begat_rows"]))]
    for field, column in zip(table.schema, table.columns, strict=True):
        values = column.to_pylist()
        # pyarrow adds metadata of its own when it reads, so the mark is looked for and not compared.
        marked = (field.metadata or {}).get(b"begat") == b"json"
        for row, value in zip(rows, values, strict=True):
            if not marked:
                row[field.name] = value
            elif value is not None:
                row[field.name] = json.loads(value)
    return rows


def _column(rows: Sequence[Mapping[str, Json]], name: str) -> tuple[Any, dict[bytes, bytes] | None]:
    """The field's column, and the mark where it holds JSON text."""
    types = {type(row[name]) if name in row else _Missing for row in rows} - {type(None)}
    if len(types) == 1 and (plain := _PLAIN.get(next(iter(types)))) is not None:
        try:
            return pa.array([row[name] for row in rows], plain), None
        except (OverflowError, pa.ArrowInvalid):  # an integer beyond 64 bits
            pass
    texts = [json.dumps(row[name], ensure_ascii=False) if name in row else None for row in rows]
    return pa.array(texts, pa.string()), _MARK


class _Missing:
    """Stands for the type of a field that a row does not have."""
