"""What clients make of answers that tests got without HTTP."""

from __future__ import annotations

from dataclasses import replace

import orjson

from begat.api.encode import encode
from begat.api.messages import Answer


def as_read(answer: Answer) -> Answer:
    """The answer with its data as a client reads them."""
    return replace(answer, data=orjson.loads(encode({"data": answer.data}) or b"")["data"])
