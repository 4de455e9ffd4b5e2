"""What a generation reads and makes of it: the sheet's rows, once, and each row's pair. No graph here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from begat.core.errors import Code, Problem, bad_input
from begat.core.templates import render
from begat.core.text import check_text
from begat.gql.columns import from_json, to_json
from begat.kinds.sheet.rows import Item, items, missing
from begat.kinds.sheet.rules import Column
from begat.kinds.training_sheet.rules import AnswerMethod, Definition, select, text_of
from begat.platforms.ports import Call, Chat, Json, Tables, Unusable


@dataclass(frozen=True)
class Pinned:
    """The versions that a training sheet was made over, and its definition."""

    table: str
    columns: tuple[Column, ...]
    item_key: str | None
    system: str | None
    prompt: str
    variables: tuple[str, ...]
    settings: Mapping[str, Json]
    label_type: str | None
    definition: Definition

    @staticmethod
    def of(sheet: Mapping[str, Any], template: Mapping[str, Any], definition: str) -> Pinned:
        """Of the properties of both version nodes and of the training sheet."""
        return Pinned(
            table=sheet["table"],
            columns=tuple(Column(**column) for column in from_json(sheet["columns"])),
            item_key=sheet.get("itemKey"),
            system=template.get("system"),
            prompt=template["prompt"],
            variables=tuple(from_json(template["variables"])) if template.get("variables") else (),
            settings=from_json(template["settings"]) if template.get("settings") else {},
            label_type=template.get("labelType"),
            definition=Definition.of_json(from_json(definition)),
        )


@dataclass(frozen=True)
class Content:
    """The rows that the definition takes, of a table's content with this sha256."""

    sha256: str
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Draft:
    """A pair before it is written, as the sheet's method answers it. ``problem`` is why it has no answer."""

    item_ref: str
    question: str
    answer: str | None = None
    problem: Problem | None = None
    tokens: int | None = None
    request: str | None = None
    """The request of an endpoint that answered."""
    asked: tuple[str | None, str] | None = field(default=None, compare=False)
    """What a model is to be asked: system and prompt."""


def read(tables: Tables, pinned: Pinned) -> Content:
    """The table, read once. Raises the platform's problems, and PLATFORM or BAD_INPUT where the table no longer serves
    the sheet, or no row passes the filter."""
    content = tables.read(pinned.table)
    needed = [*pinned.variables, *pinned.definition.columns, *([pinned.item_key] if pinned.item_key else [])]
    if gone := missing(pinned.columns, needed, content):
        raise gone
    chosen = select(items(pinned.columns, pinned.item_key, content), pinned.definition)
    if not chosen:
        raise bad_input("No row of the table passes the filter, so there is nothing to make.")
    return Content(content.sha256, chosen)


def drafts(pinned: Pinned, chosen: Sequence[Item]) -> list[Draft]:
    """Each row's question and, where a column answers, its answer. What cannot be rendered or answered says why."""
    return [_draft(pinned, item) for item in chosen]


def parameters(pinned: Pinned) -> dict[str, Json]:
    """What goes to the chat beside model and texts: the template's settings, and over them the answer's own."""
    return {**pinned.settings, **pinned.definition.answer.parameters}


def key(pinned: Pinned, draft: Draft) -> str:
    """What names the draft's question in a journal: what is asked, for which row."""
    assert draft.asked is not None  # noqa: S101 - callers ask, for the type checker
    said = [pinned.definition.answer.model, *draft.asked, parameters(pinned), draft.item_ref]
    return hashlib.sha256(to_json(said).encode()).hexdigest()


def ask(chat: Chat, pinned: Pinned, draft: Draft, key: str, idempotency_key: str) -> Call:
    """What comes of the draft's question: a model's answer, or the reason why there is none."""
    assert draft.asked is not None  # noqa: S101 - callers ask, for the type checker
    system, prompt = draft.asked
    model = pinned.definition.answer.model or ""
    try:
        given = chat.complete(model, system, prompt, parameters(pinned), key=idempotency_key)
    except Unusable as problem:
        return Call(key, None, _said(problem), problem.tokens_in, problem.tokens_out, paid=True)
    except Problem as problem:
        return Call(key, None, _said(problem), None, None, paid=False)
    try:
        return Call(key, check_answer(given.text), None, given.tokens_in, given.tokens_out, paid=True)
    except Problem as problem:
        return Call(key, None, _said(problem), given.tokens_in, given.tokens_out, paid=True)


def problem_of(call: Call) -> Problem | None:
    """Why there is no answer; None where there is one."""
    if call.problem is None:
        return None
    code, message, hint = call.problem
    return Problem(Code(code), message, hint=hint)


def answered(draft: Draft, call: Call) -> Draft:
    """The draft with what came of its question."""
    counted = call.tokens_in is not None or call.tokens_out is not None
    tokens = (call.tokens_in or 0) + (call.tokens_out or 0) if counted else None
    return replace(draft, answer=call.text, problem=problem_of(call), tokens=tokens, asked=None)


def _said(problem: Problem) -> tuple[str, str, str | None]:
    return problem.code.value, problem.message, problem.hint


def _draft(pinned: Pinned, item: Item) -> Draft:
    try:
        texts = render(pinned.system, pinned.prompt, item.values)
    except Problem as problem:
        return Draft(item.item_ref, "", problem=problem)
    draft = Draft(item.item_ref, texts.prompt)
    answer = pinned.definition.answer
    if answer.method in (AnswerMethod.CHAT, AnswerMethod.ENDPOINT):
        return replace(draft, asked=(texts.system, texts.prompt))
    if answer.method is AnswerMethod.COLUMN:
        try:
            return replace(draft, answer=check_answer(text_of(item.values.get(answer.column or ""))))
        except Problem as problem:
            return replace(draft, problem=problem)
    hint = "Regenerate it, or write an answer."
    return replace(draft, problem=Problem(Code.CONFLICT, "Its canonical label was withdrawn meanwhile.", hint=hint))


def check_answer(text: str | None) -> str:
    """An answer as a pair keeps it; raises BAD_INPUT for a blank one."""
    if text is None or not text.strip():
        raise bad_input(f"Its answer is {'null' if text is None else 'blank'}.", hint="Write one, or reject the pair.")
    return check_text(text, "answer")
