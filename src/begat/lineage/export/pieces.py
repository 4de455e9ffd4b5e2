"""What several formats are put together with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson


def json(value: Any) -> str:
    """The value as JSON."""
    return orjson.dumps(value).decode()


class Listed:
    """The parts of a JSON list or object that is written in several goes: a comma before all but the first."""

    def __init__(self) -> None:
        self._begun = False

    def more(self, parts: Iterable[str]) -> str:
        """Some parts more."""
        text = ",\n".join(parts)
        if text and self._begun:
            return f",\n{text}"
        self._begun = self._begun or bool(text)
        return text
