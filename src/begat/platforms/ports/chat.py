"""Asking a language model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from begat.core.errors import Problem
from begat.platforms.ports.values import Json


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """A whole answer. Tokens are None where the service does not count them; ``model`` is what it says answered."""

    text: str
    tokens_in: int | None
    tokens_out: int | None
    model: str
    finish_reason: str


class Unusable(Problem):
    """An answer that came and was paid for, and cannot be used: its reason, with the tokens where they were counted."""

    def __init__(self, problem: Problem, tokens_in: int | None, tokens_out: int | None) -> None:
        super().__init__(problem.code, problem.message, path=problem.path, hint=problem.hint, id=problem.id)
        self.tokens_in = tokens_in
        self.tokens_out = tokens_out


class Chat(Protocol):
    """Asks a language model."""

    def complete(
        self,
        model: str,
        system: str | None,
        prompt: str,
        parameters: Mapping[str, Json] | None = None,
        *,
        key: str | None = None,
    ) -> ChatAnswer:
        """One answer to one prompt. ``parameters`` (temperature, max_tokens, ...) go to the service as they are;
        ``key`` is sent as the Idempotency-Key, so that a service that knows it answers and bills a repetition once.

        It waits out "too many requests" a bounded number of times, and so does meanwhile everybody who asks through
        this object. Problems: Unusable where an answer was paid for in vain, UNAVAILABLE (unreachable, too slow, still
        too busy, a fault of the service), PLATFORM (refused, garbage, or an answer that was cut off: no half answer is
        ever returned), BAD_INPUT (a parameter that would change what is asked: model, messages, stream, n).
        """
        ...

    def reserve(self, run: str, most: int, per_minute: float | None) -> list[float]:
        """When ``run`` may ask next: for each of at most ``most`` questions, in how many seconds, all within the next
        one; empty where none may be asked so soon. The lowest ``per_minute`` of all runs that reserve at present holds
        for all of them together."""
        ...

    def close(self) -> None:
        """Closes its connections; nothing is asked afterwards."""
        ...
