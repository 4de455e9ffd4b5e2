"""Asking a language model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from begat.platforms.ports.values import Json


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """A whole answer. Tokens are None where the service does not count them; ``model`` is what it says answered."""

    text: str
    tokens_in: int | None
    tokens_out: int | None
    model: str
    finish_reason: str


class Chat(Protocol):
    """Asks a language model."""

    def complete(
        self, model: str, system: str | None, prompt: str, parameters: Mapping[str, Json] | None = None
    ) -> ChatAnswer:
        """One answer to one prompt. ``parameters`` (temperature, max_tokens, ...) go to the service as they are.

        It waits out "too many requests" a bounded number of times. Problems: UNAVAILABLE (unreachable, too slow, still
        too busy, a fault of the service), PLATFORM (refused, garbage, or an answer that was cut off: no half answer is
        ever returned), BAD_INPUT (a parameter that would change what is asked: model, messages, stream, n).
        """
        ...

    def close(self) -> None:
        """Closes its connections; nothing is asked afterwards."""
        ...
