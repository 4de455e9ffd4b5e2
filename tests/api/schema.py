"""A small schema with every way to succeed and to fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from begat.core.errors import Code, Problem, Problems, bad_input

SECRET = "bolt://neo4j:hunter2@db:7687"


@strawberry.input
class Person:
    name: str
    age: int | None = None


@strawberry.type
class Thing:
    name: str

    @strawberry.field
    def child(self) -> Thing:
        return Thing(name=self.name + "'")

    @strawberry.field
    def fails(self) -> str | None:
        raise RuntimeError(SECRET)


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "you") -> str:
        return f"hello {name}"

    @strawberry.field
    async def later(self) -> str:
        await asyncio.sleep(0)
        return "now"

    @strawberry.field
    def who(self, info: strawberry.Info) -> str:
        return str(info.context)

    @strawberry.field
    def greet(self, person: Person) -> str:
        return f"hello {person.name}"

    @strawberry.field
    def echo(self, value: JSON | None = None) -> JSON | None:
        return value

    @strawberry.field
    def number(self, value: int) -> int:
        return value

    @strawberry.field
    def thing(self) -> Thing:
        return Thing(name="t")

    @strawberry.field
    def things(self, count: int) -> list[Thing]:
        return [Thing(name=str(n)) for n in range(count)]

    @strawberry.field
    def refuses(self) -> str | None:
        raise Problem(Code.CONFLICT, "It moved on.", path=("input", "rows", 3), hint="Read it again.", id="sheet_1")

    @strawberry.field
    async def refuses_twice(self) -> str | None:
        raise Problems([bad_input("No name.", "input", "name"), bad_input("No table.", "input", "table")])

    @strawberry.field
    async def refuses_in_a_group(self) -> str | None:
        raise ExceptionGroup("tasks", [bad_input("No name.", "input", "name")])

    @strawberry.field
    async def breaks_in_a_group(self) -> str | None:
        raise ExceptionGroup("tasks", [bad_input("No name.", "input", "name"), RuntimeError(SECRET)])

    @strawberry.field
    def breaks(self) -> str:
        raise RuntimeError(SECRET)

    @strawberry.field
    def breaks_softly(self) -> str | None:
        raise KeyError(SECRET)

    @strawberry.field
    def too_big(self) -> int | None:
        return 2**40

    @strawberry.field
    def half_a_character(self) -> str:
        return "a\ud800b"

    @strawberry.field
    def huge(self) -> JSON:
        return JSON({"n": 2**70, "inf": float("inf"), "vast": 10**5000})


counted = 0


@strawberry.type
class Mutation:
    @strawberry.mutation
    def count(self, by: Annotated[int, strawberry.argument(description="how much")] = 1) -> int:
        global counted
        counted += by
        return counted


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


schema = strawberry.Schema(Query, Mutation, Subscription)
