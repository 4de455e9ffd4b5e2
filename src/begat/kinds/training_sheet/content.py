"""What a generation reads and makes of it: the sheet's rows, once, and each row's pair. No graph here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from begat.core.errors import Code, Problem, bad_input
from begat.core.templates import render
from begat.core.text import check_text
from begat.gql.columns import from_json
from begat.kinds.sheet.rows import Item, items, missing
from begat.kinds.sheet.rules import Column
from begat.kinds.training_sheet.rules import AnswerMethod, Definition, select, text_of
from begat.platforms.ports import Chat, Json, Tables


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
    asked: tuple[str | None, str] | None = field(default=None, compare=False)
    """What a chat is to be asked: system and prompt."""


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


def ask(chat: Chat, pinned: Pinned, draft: Draft) -> Draft:
    """The draft with a model's answer, or with the reason why there is none."""
    if draft.asked is None:
        return draft
    answer = pinned.definition.answer
    system, prompt = draft.asked
    try:
        given = chat.complete(answer.model or "", system, prompt, {**pinned.settings, **answer.parameters})
        text = _answer(given.text)
    except Problem as problem:
        return replace(draft, problem=problem, asked=None)
    tokens = (given.tokens_in or 0) + (given.tokens_out or 0)
    counted = given.tokens_in is not None or given.tokens_out is not None
    return replace(draft, answer=text, tokens=tokens if counted else None, asked=None)


def _draft(pinned: Pinned, item: Item) -> Draft:
    try:
        texts = render(pinned.system, pinned.prompt, item.values)
    except Problem as problem:
        return Draft(item.item_ref, "", problem=problem)
    draft = Draft(item.item_ref, texts.prompt)
    answer = pinned.definition.answer
    if answer.method is AnswerMethod.CHAT:
        return replace(draft, asked=(texts.system, texts.prompt))
    if answer.method is AnswerMethod.COLUMN:
        try:
            return replace(draft, answer=_answer(text_of(item.values.get(answer.column or ""))))
        except Problem as problem:
            return replace(draft, problem=problem)
    hint = "Regenerate it, or write an answer."
    return replace(draft, problem=Problem(Code.CONFLICT, "Its canonical label was withdrawn meanwhile.", hint=hint))


def _answer(text: str | None) -> str:
    if text is None or not text.strip():
        raise bad_input(f"Its answer is {'null' if text is None else 'blank'}.", hint="Write one, or reject the pair.")
    return check_text(text, "answer")
