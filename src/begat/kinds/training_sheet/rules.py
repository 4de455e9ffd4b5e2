"""What a training sheet is made of, and which answer a row gets: pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from begat.core.canonical import canonical
from begat.core.errors import Problem, bad_input
from begat.core.templates import check_variables, parse
from begat.core.text import check_text
from begat.kinds.sheet.rows import Item
from begat.kinds.sheet.rules import Column
from begat.kinds.training_sheet import limits
from begat.kinds.training_sheet.limits import Limits
from begat.platforms.ports import Json

MOST_ROWS = 1_000_000
MOST_FILTERS = 20
MOST_VALUES = 1_000
MOST_PARAMETERS = 10_000
"""Characters of a model's parameters as JSON."""
TAKEN_PARAMETERS = frozenset({"model", "messages", "stream", "n"})
"""What would change what is asked, which lineage says otherwise."""


class AnswerMethod(Enum):
    """Who answers where no canonical label does. FEEDBACK is a method of generations alone: no definition names it."""

    COLUMN = "COLUMN"
    CHAT = "CHAT"
    LABELS_ONLY = "LABELS_ONLY"
    FEEDBACK = "FEEDBACK"
    ENDPOINT = "ENDPOINT"


@dataclass(frozen=True)
class Answer:
    """The method with what it needs: a column's name, a model's name and parameters, or an endpoint's id."""

    method: AnswerMethod
    column: str | None = None
    model: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    limits: Limits | None = None
    endpoint: str | None = None


@dataclass(frozen=True)
class RowFilter:
    """A condition on the text of one column's value; all that is given must hold."""

    column: str
    equals: str | None = None
    any_of: tuple[str, ...] | None = None
    contains: str | None = None

    def holds(self, value: Json) -> bool:
        """Whether the value passes; a null passes nothing."""
        text = text_of(value)
        if text is None:
            return False
        return (
            (self.equals is None or text == self.equals)
            and (self.any_of is None or text in self.any_of)
            and (self.contains is None or self.contains.lower() in text.lower())
        )


@dataclass(frozen=True)
class Definition:
    """Everything that decides which pairs there will be, beside the two versions that are pinned."""

    answer: Answer
    first: int | None = None
    where: tuple[RowFilter, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As the node keeps it."""
        answer = {name: value for name, value in asdict(self.answer).items() if value not in (None, {})}
        if "limits" in answer:
            answer["limits"] = {name: value for name, value in answer["limits"].items() if value is not None}
        where = [{name: value for name, value in asdict(one).items() if value is not None} for one in self.where]
        return {"answer": {**answer, "method": self.answer.method.value}, "first": self.first, "where": where}

    @staticmethod
    def of_json(value: Mapping[str, Any]) -> Definition:
        """What `as_json` made."""
        answer = {**value["answer"], "method": AnswerMethod(value["answer"]["method"])}
        if "limits" in answer:
            answer["limits"] = Limits(**answer["limits"])
        where = tuple(
            RowFilter(**{**one, **({"any_of": tuple(one["any_of"])} if "any_of" in one else {})})
            for one in value["where"]
        )
        return Definition(Answer(**answer), value["first"], where)

    @property
    def columns(self) -> list[str]:
        """The sheet's columns that it names itself."""
        named = [one.column for one in self.where]
        return list(dict.fromkeys([*named, *([self.answer.column] if self.answer.column is not None else [])]))


def text_of(value: Json) -> str | None:
    """A value as an answer or a filter sees it: text as it is, else canonical JSON (`7`, `true`); None for null."""
    return value if value is None or isinstance(value, str) else canonical(value)


def select(rows: Iterable[Item], definition: Definition) -> list[Item]:
    """The rows that the definition takes, in the table's order."""
    passed = (item for item in rows if all(one.holds(item.values.get(one.column)) for one in definition.where))
    if definition.first is None:
        return list(passed)
    return [item for _, item in zip(range(definition.first), passed, strict=False)]


def check(definition: Definition) -> list[Problem]:
    """What is wrong with the definition by itself; paths begin at ``input``."""
    found: list[Problem] = []
    if definition.first is not None and not 1 <= definition.first <= MOST_ROWS:
        found.append(bad_input(f"A training sheet takes 1 to {MOST_ROWS:,} rows.", "input", "rows", "first"))
    if len(definition.where) > MOST_FILTERS:
        found.append(bad_input(f"At most {MOST_FILTERS} conditions.", "input", "rows", "where"))
    for place, one in enumerate(definition.where[:MOST_FILTERS]):
        path: tuple[str | int, ...] = ("input", "rows", "where", place)
        if one.equals is None and one.any_of is None and one.contains is None:
            found.append(bad_input("This condition asks for nothing.", *path, hint="Give equals, in or contains."))
        if one.any_of is not None and len(one.any_of) > MOST_VALUES:
            found.append(bad_input(f"At most {MOST_VALUES} values.", *path, "in"))
            continue
        for text in (one.column, one.equals, one.contains, *(one.any_of or ())):
            found += _faults(text, *path, most=10_000)
    answer = definition.answer
    found += _faults(answer.column, "input", "answer", "column", most=1_000)
    if answer.method is AnswerMethod.CHAT:
        found += _faults(answer.model, "input", "answer", "chat", "model", most=200)
        if not (answer.model or "").strip():
            found.append(bad_input("A chat needs a model's name.", "input", "answer", "chat", "model"))
        found += _parameters(answer.parameters)
        found += limits.check(answer.limits or Limits())
    return found


def fit(definition: Definition, columns: Sequence[Column], template: Mapping[str, Any]) -> list[Problem]:
    """What of the definition and the template's version does not fit the sheet's version: every variable and column
    that the sheet does not provide, by name."""
    names = {column.name for column in columns if column.source is not None}
    required = parse(template.get("system"), template["prompt"]).required
    found = check_variables(required, names, "input", "templateId")
    listed = ", ".join(sorted(names)[:20])
    for place, one in enumerate(definition.where):
        if one.column not in names:
            path = ("input", "rows", "where", place, "column")
            found.append(bad_input(f"The sheet has no column {one.column!r}.", *path, hint=f"Columns: {listed}."))
    answer = definition.answer
    if answer.column is not None and answer.column not in names:
        message = f"The sheet has no column {answer.column!r}."
        found.append(bad_input(message, "input", "answer", "column", hint=f"Columns: {listed}."))
    if answer.method is AnswerMethod.LABELS_ONLY and not template.get("labelType"):
        hint = "Give the template a labelType, or answer by a column or a chat."
        message = "The template has no label type, so no canonical label can answer."
        found.append(bad_input(message, "input", "answer", "labelsOnly", hint=hint))
    return found


def _parameters(parameters: Any) -> list[Problem]:
    path = ("input", "answer", "chat", "parameters")
    if not isinstance(parameters, Mapping):
        return [bad_input("A model's parameters are an object.", *path, hint='Send {"temperature": 0}.')]
    try:
        text = check_text(canonical(dict(parameters)), *path)
    except Problem as problem:
        return [Problem(problem.code, problem.message, path=path, hint=problem.hint)]
    if taken := sorted(TAKEN_PARAMETERS & parameters.keys()):
        return [bad_input(f"{taken[0]!r} is begat's to set.", *path, taken[0], hint="Leave it out.")]
    if len(text) > MOST_PARAMETERS:
        return [bad_input(f"These parameters have more than {MOST_PARAMETERS} characters.", *path)]
    return []


def _faults(text: str | None, *path: str | int, most: int) -> list[Problem]:
    if text is None:
        return []
    try:
        check_text(text, *path, max_length=most)
    except Problem as problem:
        return [problem]
    return []
