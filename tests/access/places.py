"""Every place in the schema where a caller can name an id, and a document that does so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from begat.api import schema
from begat.api.prices import HOPS, PLATFORM

SOMETHING: dict[str, Any] = {
    "String": "something",
    "Int": 1,
    "Float": 0.5,
    "Boolean": True,
    "DateTime": "2026-11-24T07:35:28.123Z",
    "JSON": {},
    "BigInt": 1,
}
ID = object()
"""Where the id goes."""


@dataclass(frozen=True)
class Place:
    """An argument, or a field somewhere inside one, that takes an id; ``many`` where it takes a list of them."""

    root: str
    field: str
    path: tuple[str, ...]
    template: dict[str, Any]
    many: bool

    def __str__(self) -> str:
        return f"{self.field}({'.'.join(self.path)})"

    def arguments(self, id: str) -> dict[str, Any]:
        """The field's arguments with this id."""
        found = _put(self.template, id)
        assert isinstance(found, dict)
        return found

    def document(self, types: dict[str, str], selection: str) -> str:
        """A document that takes the arguments as variables."""
        named = ", ".join(f"${name}: {types[name]}" for name in self.template)
        passed = ", ".join(f"{name}: ${name}" for name in self.template)
        return f"{self.root}({named}) {{ {self.field}({passed}) {selection} }}"


def places(built: GraphQLSchema) -> Iterator[Place]:
    """All of them, of queries and of mutations."""
    for root, type in (("query", built.query_type), ("mutation", built.mutation_type)):
        assert type is not None
        for name, field in type.fields.items():
            needed = {key: _any(one.type) for key, one in field.args.items() if is_required_argument(one)}
            for key, one in field.args.items():
                if key == "where" and "dryRun" in field.args:
                    needed["dryRun"] = True  # else a filter needs the number of what it finds
                for path, value, many in _ids(one.type, (key,)):
                    yield Place(root, name, path, {**needed, key: value}, many)


def argument_types(field: GraphQLField) -> dict[str, str]:
    """The types of a field's arguments, for its variables."""
    return {name: str(argument.type) for name, argument in field.args.items()}


def selection(type: Any, depth: int = 3) -> str:
    """Everything without arguments that a field's answer shows, to this depth."""
    named = get_named_type(type)
    if is_leaf_type(named):
        return ""
    if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType) or depth == 0:
        return "{ __typename }"
    fields = ["__typename"]
    for name, field in named.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if is_leaf_type(get_named_type(field.type)):
            fields.append(name)
        elif name in ("node", "nodes", "outcomes", "errors", "error", "label", "asset", "modelVersions", "snapshots"):
            fields.append(f"{name} {selection(field.type, depth - 1)}")
    return "{ " + " ".join(fields) + " }"


def whole(type: Any, *, nested: bool = False) -> str:
    """All that an answer shows of a node, and the leaves of the nodes beside it. Walks, whose hits have tests of their
    own, and what a platform is asked for are left out."""
    named = get_named_type(type)
    if is_leaf_type(named):
        return ""
    assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
    fields = ["__typename"]
    leaves = nested and "id" in named.fields
    for name, field in named.fields.items():
        if name == "state":
            fields.append('state(asOf: "2100-01-01T00:00:00Z")')
        elif not (
            any(is_required_argument(argument) for argument in field.args.values())
            or f"{named.name}.{name}" in PLATFORM
            or name in ("edges", "pageInfo")
            or get_named_type(field.type).name in HOPS
            or (leaves and not is_leaf_type(get_named_type(field.type)))
        ):
            fields.append(f"{name} {whole(field.type, nested=True)}")
    return "{ " + " ".join(fields) + " }"


def root_field(built: GraphQLSchema, place: Place) -> GraphQLField:
    """The field of the place."""
    type = built.query_type if place.root == "query" else built.mutation_type
    assert type is not None
    field: GraphQLField = type.fields[place.field]
    return field


def current() -> GraphQLSchema:
    """The schema as it is served."""
    return schema.build()._schema


def _ids(type: GraphQLInputType, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, bool]]:
    many = isinstance(get_nullable_type(type), GraphQLList)
    named = get_named_type(type)
    if named.name == "ID":
        yield path, [ID] if many else ID, many
    elif isinstance(named, GraphQLInputObjectType):
        needed = {name: _any(field.type) for name, field in named.fields.items() if is_required_input_field(field)}
        for name, field in named.fields.items():
            for inner, value, deep in _ids(field.type, (*path, name)):
                whole = {**needed, name: value}
                yield inner, [whole] if many else whole, many or deep


def _any(type: GraphQLInputType) -> Any:
    """Some value of the type."""
    bare = get_nullable_type(type)
    if isinstance(bare, GraphQLList):
        return [_any(bare.of_type)]
    named = get_named_type(bare)
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    if isinstance(named, GraphQLInputObjectType):
        return {
            name: _any(field.type)
            for name, field in named.fields.items()
            if isinstance(field.type, GraphQLNonNull) and is_required_input_field(field)
        }
    return ID if named.name == "ID" else SOMETHING[named.name]


def _put(value: Any, id: str) -> Any:
    if value is ID:
        return id
    if isinstance(value, dict):
        return {key: _put(one, id) for key, one in value.items()}
    if isinstance(value, list):
        return [_put(one, id) for one in value]
    return value
