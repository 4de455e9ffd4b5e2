"""Documents read, judged and validated once, then kept."""

from __future__ import annotations

from collections import OrderedDict

from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, specified_rules
from graphql.validation import MaxIntrospectionDepthRule, validate
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from begat.api import limits as limits_module
from begat.api.limits import Exceeded, Limits, numbers

RULES = (*specified_rules, MaxIntrospectionDepthRule, MaybeNullValidationRule, OneOfInputValidationRule)
MAX_VALIDATION_ERRORS = 5
"""Each may print what it complains about, which may be the whole document."""


class Invalid(Exception):  # noqa: N818 - it carries errors, and is none of ours
    """A document that does not parse or is not valid."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class Documents:
    """The valid documents of one schema, the last used ``keep`` of them; for one event loop."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, keep: int = 256) -> None:
        self.schema = schema
        self.limits = limits
        self.keep = keep
        self.longest_kept = 20_000
        self._kept: OrderedDict[str, DocumentNode] = OrderedDict()

    def read(self, text: str) -> DocumentNode:
        """The document in ``text``. Raises Invalid, or LIMIT before any costly work is done on it."""
        kept = self._kept.get(text)
        if kept is not None:
            self._kept.move_to_end(text)
            return kept
        document = self._validated(text)
        if len(text) <= self.longest_kept:
            self._kept[text] = document
            if len(self._kept) > self.keep:
                self._kept.popitem(last=False)
        return document

    def __len__(self) -> int:
        """How many documents are kept."""
        return len(self._kept)

    def _validated(self, text: str) -> DocumentNode:
        if len(text) > self.limits.characters:
            most = numbers(len(text), self.limits.characters)
            message = f"The document has {len(text)} characters; the limit is {self.limits.characters}."
            raise Exceeded(message, "Pass long values as variables.", limits={"characters": most})
        try:
            document = parse(text, max_lexical_tokens=self.limits.tokens, max_comments=self.limits.comments)
        except GraphQLError as error:
            # graphql-core tells its limits from other errors only in their text; tests watch it.
            if "Parsing aborted" in error.message:
                hint = "Pass long values as variables, and send several requests."
                known = {name: {"limit": getattr(self.limits, name)} for name in ("tokens", "comments")}
                raise Exceeded(error.message, hint, limits=known) from error
            raise Invalid([error]) from error
        limits_module.check(document, self.limits)
        errors = validate(self.schema, document, RULES, max_errors=MAX_VALIDATION_ERRORS)
        if errors and errors[-1].message == "Validation aborted.":
            raise Exceeded("The document takes too much work to validate.", "Repeat fewer fields and fragments.")
        if errors:
            raise Invalid(errors)
        return document
