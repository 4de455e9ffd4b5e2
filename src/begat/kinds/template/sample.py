"""A template tried on the first rows of a sheet; nothing of it is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import anyio
import anyio.to_thread

from begat.core.errors import Code, Problem, bad_input
from begat.core.item_refs import item_ref
from begat.core.templates import check_variables, parse, render
from begat.gql.context import Context
from begat.kinds.endpoint.query import query
from begat.kinds.sheet.rules import Column
from begat.platforms.ports import Chat, Origin, Preview

MOST = 20
"""Rows of one test."""

AT_ONCE = 4
"""How many questions one test puts to a model at the same time."""


@dataclass(frozen=True)
class Tried:
    """One row, what the template made of it and what the model answered; ``problem`` says what of it there is not."""

    item_ref: str | None
    values: dict[str, Any]
    system: str | None = None
    prompt: str | None = None
    response: str | None = None
    problem: Problem | None = None


def check_first(first: int | None) -> int:
    """How many rows to try: 5 where unsaid. Raises BAD_INPUT or LIMIT out of 0 to 20."""
    wanted = 5 if first is None else first
    if wanted < 0:
        raise bad_input("A test has at least 0 rows.", "first")
    if wanted > MOST:
        raise Problem(Code.LIMIT, f"A test has at most {MOST} rows.", path=("first",), hint="Ask for fewer.")
    return wanted


def rendered(
    system: str | None, prompt: str, seen: Preview, columns: list[Column], item_key: str | None
) -> list[Tried]:
    """Each row with its prompt, or with the reason why it has none: a variable that no column provides, an item key
    that is blank, a value that does not fit. Values go by the sheet's names of its columns."""
    missing = _missing(system, prompt, columns)
    place = {column.name: index for index, column in enumerate(seen.columns)}
    met: Counter[str] = Counter()
    tried = []
    for row in seen.rows:
        values = {
            column.name: None if (at := place.get(column.source or "")) is None else row[at] for column in columns
        }
        one = Tried(None, values, problem=missing)
        try:
            # Without a key a row is named by what the table holds, whatever the sheet calls its columns.
            whole = values if item_key else dict(zip(place, row, strict=True))
            one = replace(one, item_ref=item_ref(whole, item_key, met))
            if missing is None:
                texts = render(system, prompt, values)
                one = replace(one, system=texts.system, prompt=texts.prompt)
        except Problem as problem:
            one = replace(one, problem=missing or problem)
        tried.append(one)
    return tried


async def answered(chat: Chat | None, model: str, parameters: Mapping[str, Any], tried: list[Tried]) -> list[Tried]:
    """The same with the model's answers to what could be rendered. Without a chat service each is UNAVAILABLE."""
    if chat is None:
        problem = Problem(
            Code.UNAVAILABLE,
            "No chat service is configured, so no model can be asked.",
            path=("model",),
            hint="Start begat with BEGAT_CHAT_URL, or leave model out.",
        )
        return [replace(one, problem=one.problem or problem) for one in tried]
    found = list(tried)
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def ask(place: int, one: Tried) -> None:
        call = partial(chat.complete, model, one.system, one.prompt or "", parameters)
        try:
            answer = await anyio.to_thread.run_sync(call, limiter=limiter)
            found[place] = replace(one, response=answer.text)
        except Problem as problem:
            found[place] = replace(one, problem=problem)

    async with anyio.create_task_group() as group:
        for place, one in enumerate(tried):
            if one.problem is None:
                group.start_soon(ask, place, one)
    return found


async def served(context: Context, endpoint: str, tried: list[Tried]) -> list[Tried]:
    """The same with the answers of a live endpoint to what could be rendered: each row is a query of its own, which the
    log marks as a test. Raises what keeps the endpoint from being asked at all."""
    found = list(tried)
    limiter = anyio.CapacityLimiter(AT_ONCE)
    refused: list[Problem] = []

    async def ask(place: int, one: Tried) -> None:
        async with limiter:
            try:
                answer = await query(
                    context.graph,
                    context.viewer,
                    context.platform,
                    endpoint,
                    [one.prompt],
                    origin=Origin.TEST,
                    worded=True,
                )
            except Problem as problem:
                refused.append(problem)
                return
        response = str(answer.outputs[0]["answer"]) if answer.outputs else None
        found[place] = replace(one, response=response, problem=answer.problem)

    async with anyio.create_task_group() as group:
        for place, one in enumerate(tried):
            if one.problem is None:
                group.start_soon(ask, place, one)
    if refused:
        refused[0].path = ("endpointId",)
        raise refused[0]
    return found


def _missing(system: str | None, prompt: str, columns: list[Column]) -> Problem | None:
    """One problem that names every variable which no column provides; None where all are provided."""
    names = [column.name for column in columns]
    required = parse(system, prompt).required if prompt.strip() else ()
    problems = check_variables(required, names, "sheetId")
    if not prompt.strip():
        return bad_input("The prompt is empty.", "prompt", hint="Write what the model is to be asked.")
    if len(problems) < 2:
        return problems[0] if problems else None
    unknown = [name for name in required if name not in names]
    hint = " ".join(dict.fromkeys(problem.hint for problem in problems if problem.hint))
    shown = ", ".join(repr(name) for name in unknown)
    return bad_input(f"No column provides the template's variables {shown}.", "sheetId", hint=hint)
