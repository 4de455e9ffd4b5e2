"""What a run may ask and spend, and what it has spent: pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from begat.core.errors import Code, Problem, bad_input
from begat.core.text import check_text
from begat.platforms.ports import Call

MILLION = 1_000_000
MOST_PER_MINUTE = 1_000_000.0
MOST_TOKENS = 10**12
MOST_PRICE = 1e9
PATH = ("input", "answer", "chat", "limits")


@dataclass(frozen=True)
class Limits:
    """Limits of each of a training sheet's runs. Prices are in ``unit`` per million tokens."""

    requests_per_minute: float | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    input_price: float | None = None
    output_price: float | None = None
    unit: str | None = None

    @property
    def capped(self) -> bool:
        """Whether there is an end to what may be spent."""
        return self.max_tokens is not None or self.max_cost is not None

    @property
    def priced(self) -> bool:
        """Whether what it costs can be told."""
        return self.unit is not None and (self.input_price is not None or self.output_price is not None)


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls took. ``uncounted`` are usable answers whose tokens the service did not count."""

    tokens_in: int = 0
    tokens_out: int = 0
    counted: int = 0
    uncounted: int = 0

    def plus(self, call: Call) -> Spent:
        """With one call more."""
        if not call.paid:
            return self
        counted = call.tokens_in is not None or call.tokens_out is not None
        return Spent(
            self.tokens_in + (call.tokens_in or 0),
            self.tokens_out + (call.tokens_out or 0),
            self.counted + counted,
            self.uncounted + (not counted and call.text is not None),
        )

    @property
    def tokens(self) -> int | None:
        """All tokens; None where none were counted."""
        return self.tokens_in + self.tokens_out if self.counted else None

    def cost(self, limits: Limits) -> float | None:
        """In the limits' unit; None where there is no price or nothing was counted."""
        if not limits.priced or not self.counted:
            return None
        price = self.tokens_in * (limits.input_price or 0.0) + self.tokens_out * (limits.output_price or 0.0)
        return price / MILLION


class Purse:
    """Decides whether one more question may be asked.

    What a question takes is known afterwards only. So one is asked at a time while the dearest so far, once for each
    that is under way, could pass the cap: the cap is passed by one question at most.
    """

    def __init__(self, limits: Limits, calls: Iterable[Call]) -> None:
        self._limits = limits
        self._dearest = (0, 0.0)
        self._kept: set[str] = set()
        self.spent = Spent()
        for call in calls:
            self.keep(call)

    def keep(self, call: Call) -> None:
        """Counts what came of a question, once."""
        if call.key in self._kept:
            return
        self._kept.add(call.key)
        one = Spent().plus(call)
        tokens, cost = self._dearest
        self._dearest = (max(tokens, one.tokens or 0), max(cost, one.cost(self._limits) or 0.0))
        self.spent = self.spent.plus(call)

    def used_up(self) -> Problem | None:
        """Why nothing more may be asked in this run; None where something may."""
        limits, spent = self._limits, self.spent
        if not limits.capped:
            return None
        hint = "Regenerate what is left when more may be spent."
        if spent.uncounted:
            message = "The chat service does not count tokens, so no cap could be kept, and nothing more was asked."
            return Problem(Code.LIMIT, message, hint="Take the caps away, or ask another service.")
        if limits.max_tokens is not None and (spent.tokens or 0) >= limits.max_tokens:
            return Problem(Code.LIMIT, f"The cap of {limits.max_tokens} tokens was reached before its turn.", hint=hint)
        if limits.max_cost is not None and (spent.cost(limits) or 0.0) >= limits.max_cost:
            message = f"The cap of {limits.max_cost:g} {limits.unit} was reached before its turn."
            return Problem(Code.LIMIT, message, hint=hint)
        return None

    def room(self, under_way: int) -> bool:
        """Whether a question may be asked while so many are under way."""
        if not self._limits.capped or not under_way:
            return True
        if not self.spent.counted:
            return False
        tokens = (self.spent.tokens or 0) + under_way * self._dearest[0]
        cost = (self.spent.cost(self._limits) or 0.0) + under_way * self._dearest[1]
        limits = self._limits
        return (limits.max_tokens is None or tokens < limits.max_tokens) and (
            limits.max_cost is None or cost < limits.max_cost
        )


def check(limits: Limits) -> list[Problem]:
    """What is wrong with limits, each at its field."""
    found = []
    for name, value, most, least in (
        ("requestsPerMinute", limits.requests_per_minute, MOST_PER_MINUTE, 0.001),
        ("maxTokens", limits.max_tokens, MOST_TOKENS, 1),
        ("maxCost", limits.max_cost, MOST_PRICE, 0.0),
        ("inputPrice", limits.input_price, MOST_PRICE, 0.0),
        ("outputPrice", limits.output_price, MOST_PRICE, 0.0),
    ):
        if value is not None and not (math.isfinite(value) and least <= value <= most):
            found.append(bad_input(f"{name} is a number from {least:g} to {most:g}.", *PATH, name))
    prices = limits.input_price is not None or limits.output_price is not None
    if limits.max_cost is not None and not ((limits.input_price or 0.0) > 0 or (limits.output_price or 0.0) > 0):
        hint = "Give inputPrice and outputPrice per million tokens."
        found.append(bad_input("A cap on the cost needs a price.", *PATH, "maxCost", hint=hint))
    if prices and not (limits.unit or "").strip():
        found.append(bad_input("A price is in a unit.", *PATH, "unit", hint="Write it like USD; begat converts none."))
    if limits.unit is not None:
        try:
            check_text(limits.unit, *PATH, "unit", max_length=20)
        except Problem as problem:
            found.append(problem)
    return found
