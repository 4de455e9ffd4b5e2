"""Parse, check and render a prompt template."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from jinja2 import nodes

from begat.core.canonical import JSON
from begat.core.errors import Code, Problem, bad_input
from begat.core.templates.budget import MAX_INPUT, size_of
from begat.core.templates.evaluate import evaluate
from begat.core.templates.rules import Uses, checked
from begat.core.text import check_text

MAX_SOURCE = 50_000
"""Characters of a template's prompt, and of its system text."""

Field = Literal["system", "prompt"]


@dataclass(frozen=True)
class ParsedTemplate:
    """What a template asks for."""

    variables: tuple[str, ...]
    """Every variable, in the order of first use: the system text is read first. Names it binds itself are not here."""

    optional: frozenset[str]
    """Those of the variables that are only used through ``default`` or ``is defined``: it renders without them."""

    @property
    def required(self) -> tuple[str, ...]:
        """The variables that must have a value, in the order of first use."""
        return tuple(name for name in self.variables if name not in self.optional)


@dataclass(frozen=True)
class Rendered:
    """A template's texts for one row."""

    system: str | None
    prompt: str


def parse(system: str | None, prompt: str) -> ParsedTemplate:
    """Check a template and list its variables.

    BAD_INPUT at ``("input", "prompt")`` or ``("input", "system")``, with line and column, for a syntax error and for
    what is not allowed (see the package); for a prompt that is empty or says nothing; and over 50,000 characters.
    """
    all_uses: list[Uses] = []
    if system is not None:
        all_uses.append(_checked(system, "system")[1])
    template, uses = _checked(prompt, "prompt")
    if not any(_says_something(part) for output in template.find_all(nodes.Output) for part in output.nodes):
        raise bad_input("The prompt is empty.", "input", "prompt", hint="Write what the model is to be asked.")
    all_uses.append(uses)
    variables = tuple(dict.fromkeys(name for one in all_uses for name in sorted(one.first, key=one.first.__getitem__)))
    needed = frozenset().union(*(one.needed for one in all_uses))
    return ParsedTemplate(variables, frozenset(variables) - needed)


def render(system: str | None, prompt: str, values: Mapping[str, JSON]) -> Rendered:
    """The texts for one row's ``values`` (by variable); values that no variable asks for are ignored.

    BAD_INPUT for a missing variable (path ``("values", name)``) and for a value that does not fit its use (path of
    the text, line and column in the message); LIMIT where rendering takes too many steps or loops or gets too long;
    and everything that ``parse`` refuses.
    """
    texts = [None if system is None else _render(system, "system", values), _render(prompt, "prompt", values)]
    assert texts[1] is not None  # noqa: S101 - for the type checker
    return Rendered(texts[0], texts[1])


def check_variables(variables: Iterable[str], columns: Collection[str], *path: str | int) -> list[Problem]:
    """A BAD_INPUT problem at ``path`` for each variable that no column provides, with the closest name as its hint.

    Pass ``ParsedTemplate.required`` to let the optional ones be absent.
    """
    names = sorted(columns)
    by_folded = {name.casefold(): name for name in names}
    problems = []
    for variable in variables:
        if variable in columns:
            continue
        close = difflib.get_close_matches(variable.casefold(), list(by_folded), n=1, cutoff=0.5)
        shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        hint = f"Did you mean {by_folded[close[0]]!r}?" if close else f"The columns are: {shown}."
        message = f"No column provides the template's variable {variable!r}."
        problems.append(bad_input(message, *path, hint=hint))
    return problems


def _render(source: str, field: Field, values: Mapping[str, JSON]) -> str:
    template, uses = _checked(source, field)
    size = 0
    for name in uses.first:
        size += size_of(values.get(name), MAX_INPUT)
        if size > MAX_INPUT:
            message = f"The values have more than {MAX_INPUT:,} characters, too many for one prompt."
            raise Problem(Code.LIMIT, message, path=("values", name), hint="Shorten the row, or use other columns.")
    return check_text(evaluate(template, field, values), "input", field)


# A generation renders one template for every row. The trees are only read, so threads share them.
@lru_cache(maxsize=64)
def _checked(source: str, field: Field) -> tuple[nodes.Template, Uses]:
    check_text(source, "input", field, max_length=MAX_SOURCE)
    return checked(source, field)


def _says_something(part: nodes.Node) -> bool:
    return not isinstance(part, nodes.TemplateData) or bool(part.data.strip())
