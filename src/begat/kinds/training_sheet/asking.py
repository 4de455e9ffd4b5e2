"""The questions of one run to a chat service: at a pace, under caps, each at most once, and not on and on in vain."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

import anyio
import anyio.to_thread

from begat.change.write import Properties
from begat.core.errors import Code, Problem
from begat.kinds.training_sheet import content
from begat.kinds.training_sheet.content import Draft, Pinned
from begat.kinds.training_sheet.limits import Limits, Purse
from begat.platforms.ports import Call, Chat, Journal

log = logging.getLogger("begat.generation")

AT_ONCE = 8
"""Questions that one run puts to the chat service at the same time."""
FEW, MANY = 16, 200
"""Rows of one transaction."""
ALIKE = 10
"""Questions in a row that are refused in the same words before a run gives up: such an address refuses every one."""


class GivenUp(Exception):  # noqa: N818 - carries a problem of the service's that ends the run
    """The chat service refused one question after another alike, or the journal cannot be written."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Asking:
    """Lives as long as its run's plan does; what it must not forget is in the journal."""

    def __init__(self, chat: Chat, pinned: Pinned, journal: Journal, run: str) -> None:
        self._chat = chat
        self._pinned = pinned
        self._journal = journal
        self._run = run
        self.limits = pinned.definition.answer.limits or Limits()
        self._purse = Purse(self.limits, journal.calls())
        self._alike: tuple[str, int] = ("", 0)
        self._given_up: Problem | None = None

    def spending(self) -> Properties:
        """What all its questions took so far, as a generation keeps it; None where it was not counted."""
        cost = self._purse.spent.cost(self.limits)
        unit = None if cost is None else self.limits.unit
        return {"tokens": self._purse.spent.tokens, "costAmount": cost, "costUnit": unit}

    @property
    def batch(self) -> int:
        """How many rows one transaction takes: few where each costs, many where nothing more is asked."""
        return MANY if self.used_up else FEW

    @property
    def used_up(self) -> bool:
        """Whether nothing more may be asked."""
        return self._purse.used_up() is not None

    async def answer(self, drafts: Sequence[Draft], labelled: Collection[str]) -> list[Draft]:
        """The first of the drafts with what came of their questions: as many as may be asked now, at times none.

        Those in ``labelled`` (item references) are not asked. Raises GivenUp; what was answered by then is kept.
        """
        asking = [
            place for place, draft in enumerate(drafts) if draft.asked is not None and draft.item_ref not in labelled
        ]
        new = [] if self.used_up else [place for place in asking if not self._journal.known(self._key(drafts[place]))]
        times = self._chat.reserve(self._run, len(new), self.limits.requests_per_minute) if new else []
        found = list(drafts if len(times) == len(new) else drafts[: new[len(times)]])
        await self._ask_all(
            found, [place for place in asking if place < len(found)], dict(zip(new, times, strict=False))
        )
        if self._given_up is not None:
            raise GivenUp(self._given_up)
        return found

    async def _ask_all(self, found: list[Draft], places: Sequence[int], times: dict[int, float]) -> None:
        start, under_way, ended = anyio.current_time(), 0, anyio.Event()

        async def one(place: int) -> None:
            nonlocal under_way, ended
            try:
                call, fresh = await anyio.to_thread.run_sync(partial(self._ask, found[place]), limiter=limiter)
                self._purse.keep(call)
                if fresh:
                    self._judge(call)
                found[place] = content.answered(found[place], call)
            except Problem as problem:  # the journal's: nothing was asked
                self._given_up = problem
            finally:
                under_way -= 1
                ended.set()
                ended = anyio.Event()

        limiter = anyio.CapacityLimiter(AT_ONCE)
        async with anyio.create_task_group() as group:
            for place in places:
                await anyio.sleep(max(0.0, start + times.get(place, 0.0) - anyio.current_time()))
                while under_way >= AT_ONCE or not self._purse.room(under_way):
                    await ended.wait()
                if self._given_up is not None:
                    return
                known = self._journal.known(self._key(found[place]))
                if not known and (problem := self._purse.used_up()) is not None:
                    found[place] = replace(found[place], problem=problem, asked=None)
                    continue
                under_way += 1
                group.start_soon(one, place)

    def _ask(self, draft: Draft) -> tuple[Call, bool]:
        """What came of the question, and whether it was asked just now. In a thread."""
        key = self._key(draft)
        before = self._journal.begin(key)
        if before is not None:
            return before, False
        idempotency_key = hashlib.sha256(f"{self._run}|{key}".encode()).hexdigest()
        call = content.ask(self._chat, self._pinned, draft, key, idempotency_key)
        try:
            self._journal.end(call)
        except Problem:
            log.exception("the answer of a question could not be kept; after a crash its row fails")
        return call, True

    def _judge(self, call: Call) -> None:
        """Gives up where one question after another is refused alike, numbers and details aside: a wrong key or an
        unknown model refuses them all. What is busy, slow, broken or answers garbage costs single rows only."""
        problem = content.problem_of(call)
        if problem is None or call.paid or problem.code is not Code.PLATFORM:
            self._alike = ("", 0)
            return
        words = re.sub(r"\d+", "0", problem.message.partition(": ")[0])
        count = self._alike[1] + 1 if self._alike[0] == words else 1
        self._alike = (words, count)
        if count >= ALIKE:
            message = f"{count} questions in a row were refused alike, so no more were asked. {problem.message}"
            self._given_up = Problem(problem.code, message, hint=problem.hint)

    def _key(self, draft: Draft) -> str:
        return content.key(self._pinned, draft)
