"""Jinja's parser with columns: it knows only lines, and a person wants to be shown the character."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import TokenStream
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from begat.core.errors import Problem, bad_input

MAX_DIGITS = 15
"""Digits of a number written in a template; Python's own limit would be a fault, not an answer."""

_NEWLINE = re.compile(r"\r\n|\r|\n")


class Place(int):
    """A line number, as Jinja carries it through tokens, nodes and errors, that also knows its column (both from 1)."""

    column: int

    def __new__(cls, line: int, column: int) -> Place:
        place = super().__new__(cls, line)
        place.column = column
        return place

    @property
    def sort_key(self) -> tuple[int, int]:
        """Reading order."""
        return (int(self), self.column)


class _Environment(ImmutableSandboxedEnvironment):
    """Parses only. It is the sandbox nevertheless: should anyone ever render with it, that is sandboxed too."""

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        return TokenStream(self.lexer.wrap(self._placed(source), name, filename), name, filename)

    def _placed(self, source: str) -> Iterator[tuple[int, str, str]]:
        """The lexer's raw tokens with Places for line numbers.

        The lexer drops white space that ``-`` strips, and nothing else, so each token is the next find of its text.
        """
        source = _NEWLINE.sub("\n", source)
        cursor = line = line_start = 0
        line = 1
        try:
            for _, token, text in self.lexer.tokeniter(source, None):
                start = max(source.find(text, cursor), cursor)
                line, line_start = _advance(source, cursor, start, line, line_start)
                place = Place(line, start - line_start + 1)
                if token in ("integer", "float") and sum(map(str.isalnum, text)) > MAX_DIGITS:
                    message = f"a number has at most {MAX_DIGITS} digits"
                    raise TemplateSyntaxError(message, place)  # noqa: TRY301 - it goes the way of the lexer's own
                yield place, token, text
                cursor = start + len(text)
                line, line_start = _advance(source, start, cursor, line, line_start)
        except TemplateSyntaxError as error:
            if not isinstance(error.lineno, Place):
                error.lineno = Place(line, cursor - line_start + 1)
            raise


def _advance(source: str, start: int, end: int, line: int, line_start: int) -> tuple[int, int]:
    newlines = source.count("\n", start, end)
    return (line + newlines, source.rfind("\n", start, end) + 1) if newlines else (line, line_start)


# What a person writes is what the model gets: a final line break is kept. Undefined names are errors in here anyway.
_ENVIRONMENT = _Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)


def problem_at(node_or_place: nodes.Node | int, field: str, message: str, hint: str | None = None) -> Problem:
    """A BAD_INPUT problem about ``field`` (``system`` or ``prompt``) that names line and column."""
    if isinstance(node_or_place, nodes.Node):
        # Jinja gives no line to the node that `autoescape` makes, only to what is in it.
        inner = (child.lineno for child in node_or_place.find_all(nodes.Node) if child.lineno is not None)
        place = node_or_place.lineno or next(inner, 1)
    else:
        place = node_or_place
    where = f"line {int(place)}" + (f", column {place.column}" if isinstance(place, Place) else "")
    return bad_input(f"{field.capitalize()}, {where}: {message}", "input", field, hint=hint)


def tree(source: str, field: str) -> nodes.Template:
    """The syntax tree of ``source``, whose line numbers are Places; or BAD_INPUT with line and column."""
    try:
        return Parser(_ENVIRONMENT, source).parse()
    except TemplateSyntaxError as error:
        message = (error.message or "syntax error").rstrip(".")
        raise problem_at(error.lineno, field, message + ".", hint="Correct the template's syntax.") from None
    except RecursionError:
        raise bad_input("The template is nested too deeply.", "input", field, hint="Nest less.") from None
