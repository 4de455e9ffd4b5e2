"""The values that rows and messages hold."""

from __future__ import annotations

from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
"""Anything JSON can say. Floats are finite: NaN and the infinities are texts where a table holds them."""

Row: TypeAlias = dict[str, Json]
