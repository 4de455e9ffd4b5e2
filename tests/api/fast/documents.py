"""Documents that a schema allows, by a seeded generator: fragments, aliases, directives, variables, interfaces."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

Composite = GraphQLObjectType | GraphQLInterfaceType

SKIPPED = {"preview", "lineageExport", "project", "test"}
"""Reads the platform; names its answers at random. (`project` is asked in assets, where it has no
arguments; `test` does more than answer, so that the fast path leaves it alone.)"""
ALWAYS = {"first": ("1", "2", "3", "5"), "asOf": ('"2026-03-01T00:00:03.500Z"',), "number": ("1",), "depth": ("1", "3")}
VARIABLES = {
    "yes": "Boolean! = true",
    "no": "Boolean! = false",
    "few": "Int! = 2",
    "id": 'ID! = "sheet_unknown"',
    "after": "String",
}


@dataclass
class Documents:
    """Draws documents that name the assets ``ids``."""

    schema: GraphQLSchema
    ids: Sequence[str]
    random: random.Random
    fragments: list[str] = field(default_factory=list)

    def draw(self, fields: int) -> tuple[str, dict[str, Any]]:
        """A document with so many fields of Query, and values for some of its variables, never for `after`: a cursor is
        what an answer gives."""
        self.fragments = []
        query = self.schema.query_type
        assert query is not None
        names = [name for name, one in query.fields.items() if name not in SKIPPED and not self._leaf(one)]
        chosen = [self._field(f"q{place}", query.fields[name], name, 3) for place, name in self._some(names, fields)]
        chosen.append("q: __typename @include(if: $yes) @skip(if: $no) few: assets(first: $few) { totalCount }")
        body = "\n".join([f"{{ {' '.join(chosen)} }}", *self.fragments])
        used = [name for name in VARIABLES if f"${name}" in body]
        head = ", ".join(f"${name}: {VARIABLES[name]}" for name in used)
        values = {
            "yes": self.random.random() < 0.8,
            "no": self.random.random() < 0.2,
            "few": self.random.choice((0, 1, 2, 5)),
            "id": self.random.choice(self.ids),
        }
        sent = {name: value for name, value in values.items() if name in used and self.random.random() < 0.7}
        return f"query({head}) {body}", sent

    def _some(self, names: Sequence[str], count: int) -> list[tuple[int, str]]:
        liked = ("assets", "asset", "sheets", "trainingSheets", "qaPairs", "modelVersion", "templates", "nodes")
        return [(place, self.random.choice(liked if self.random.random() < 0.7 else names)) for place in range(count)]

    def _field(self, alias: str | None, one: GraphQLField, name: str, depth: int) -> str:
        text = f"{alias}: {name}" if alias else name
        text += self._arguments(one.args) + self._directive()
        named = get_named_type(one.type)
        if named.name == "PageInfo":
            return f"{text} {{ endCursor hasNextPage }}"
        return text if is_leaf_type(named) else f"{text} {{ {self._selection(named, depth - 1)} }}"

    def _directive(self) -> str:
        return self.random.choice(("", "", "", "", "", " @include(if: $yes)", " @skip(if: $no)", " @skip(if: $yes)"))

    def _selection(self, type_: GraphQLNamedType, depth: int) -> str:
        assert isinstance(type_, Composite)
        names = [name for name, one in type_.fields.items() if name not in SKIPPED and (depth > 0 or self._leaf(one))]
        if depth > 0 and isinstance(self.schema.get_type("Asset"), GraphQLInterfaceType) and "project" in type_.fields:
            names.append("project")
        chosen = self.random.sample(names, min(len(names), self.random.randint(1, 3)))
        chosen += [name for name in ("nodes", "pageInfo") if name in type_.fields and name not in chosen and depth > 0]
        parts = []
        for name in chosen:
            one = type_.fields[name]
            alias = f"a{self.random.randrange(1_000_000)}" if one.args or self.random.random() < 0.2 else None
            parts.append(self._field(alias, one, name, depth))
        if self.random.random() < 0.2:
            parts.append(self.random.choice(("__typename", "kind: __typename" if "kind" not in chosen else "")))
        if isinstance(type_, GraphQLInterfaceType):
            parts += [self._inside(one, depth) for one in self._possible(type_)]
        elif self.random.random() < 0.2:
            parts.append(self._inside(type_, depth))
        return " ".join(parts) or "__typename"

    def _possible(self, type_: GraphQLInterfaceType) -> list[GraphQLObjectType]:
        possible = list(self.schema.get_possible_types(type_))
        return self.random.sample(possible, 1)

    def _inside(self, type_: Composite, depth: int) -> str:
        """A fragment; its fields have aliases of their own, so that they are in conflict with none beside it."""
        names = [name for name, one in type_.fields.items() if name not in SKIPPED and (depth > 0 or self._leaf(one))]
        chosen = self.random.sample(names, min(2, len(names)))
        fields = " ".join(
            self._field(f"b{self.random.randrange(1_000_000)}", type_.fields[name], name, depth) for name in chosen
        )
        fields = fields or "__typename"
        if self.random.random() < 0.5:
            return f"... on {type_.name}{self._directive()} {{ {fields} }}"
        name = f"F{len(self.fragments)}"
        self.fragments.append("")
        self.fragments[int(name[1:])] = f"fragment {name} on {type_.name} {{ {fields} }}"
        return f"...{name}{self._directive()}"

    def _leaf(self, one: GraphQLField) -> bool:
        return is_leaf_type(get_named_type(one.type))

    def _arguments(self, arguments: dict[str, GraphQLArgument]) -> str:
        given = []
        for name, one in arguments.items():
            required = is_required_argument(one)
            likely = required or name in ("first", "depth", "id")
            if not (likely or self.random.random() < (0.4 if name == "after" else 0.15)):
                continue
            value = self._value(name, one.type)
            if value is not None:
                given.append(f"{name}: {value}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, name: str, type_: GraphQLInputType) -> str | None:
        if name == "first" and self.random.random() < 0.3:
            return "$few"
        if name == "after":
            return "$after"
        if name in ALWAYS:
            return self.random.choice(ALWAYS[name])
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if get_named_type(inner).name == "ID" and not isinstance(inner, GraphQLList) and self.random.random() < 0.3:
            return "$id"
        if isinstance(inner, GraphQLList):
            item = self._value(name, inner.of_type)
            return None if item is None else f"[{item}]"
        if isinstance(inner, GraphQLEnumType):
            return str(self.random.choice(list(inner.values)))
        if isinstance(inner, GraphQLInputObjectType):
            fields = {key: self._value(key, one.type) for key, one in inner.fields.items()}
            kept = [key for key, value in fields.items() if value is not None and self.random.random() < 0.2]
            return "{" + ", ".join(f"{key}: {fields[key]}" for key in kept) + "}"
        texts: dict[str, str] = {
            "ID": f'"{self.random.choice(self.ids)}"',
            "Boolean": "true",
            "Int": "1",
            "BigInt": "1",
        }
        texts |= {"String": '"a"', "DateTime": '"2026-03-01T00:00:03.500Z"', "Float": "0.5", "JSON": "{}"}
        return texts[get_named_type(inner).name]
