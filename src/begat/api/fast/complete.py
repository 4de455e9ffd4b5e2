"""Completes what is selected column by column; every object of a level at once.

It does what graphql-core does (CompleteValue and ExecuteSelectionSet of the specification) for what fits, and raises
for the rest: then nothing of what it made is used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from itertools import chain
from operator import attrgetter
from types import NoneType
from typing import TYPE_CHECKING, Any, cast

import strawberry
from graphql import (
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import get_object_definition

from begat.api.fast.leaf import Column, Surprise, lists_in, regrouped, spreading
from begat.api.fast.plan import Part, Plan, Source
from begat.api.fast.plans import Planned
from begat.gql.columns import Keyed, Mention, Value
from begat.gql.context import Info
from begat.gql.rows import ByKind, Picked, Rows

if TYPE_CHECKING:
    from begat.api.fast.executor import FastExecutor


class Waits(Exception):  # noqa: N818 - no mistake: it says how to go on
    """It cannot be completed at once."""


class Completion:
    """One value with all that is in it. Where it ``waits`` it may ask the database, else it raises Waits there."""

    def __init__(self, executor: FastExecutor, planned: Planned, *, waits: bool = True) -> None:
        self.executor = executor
        self.planned = planned
        self.waits = waits

    async def root(self) -> dict[str, Any]:
        """All that a query selects."""
        plan = self.planned.plan_of_root(self.executor)
        ((done,),) = await self._level([(plan, (self.executor.root_value,))])
        return cast("dict[str, Any]", done)

    async def of(self, type_: GraphQLOutputType, details: FieldDetailsList, column: Column) -> Column:
        """The completed values of a column of objects, or of lists of them."""
        if isinstance(type_, GraphQLNonNull):
            done = await self.of(type_.of_type, details, column)
            if None in done:
                raise Surprise
            return done
        if isinstance(type_, GraphQLList):
            return await self._lists(type_.of_type, details, column)
        if type(column) is Rows:
            return await self._rows(type_, details, column)
        if type(column) is Picked:
            picked = column.used()
            rows = await self._rows(type_, details, picked.rows)
            return [None if place is None else rows[place] for place in picked.places]
        return await self._objects(type_, details, column)

    async def _lists(self, type_: GraphQLOutputType, details: FieldDetailsList, column: Column) -> Column:
        kinds = set(map(type, column))
        if not kinds.isdisjoint((Rows, Picked)):
            lazy = [one for one in column if one is not None]
            joined = Rows.joined(lazy) if kinds <= {Rows, NoneType} else None
            if joined is not None:
                return regrouped(column, await self.of(type_, details, joined))
            each = await self._all([partial(self.of, type_, details, one) for one in lazy])
            return regrouped(column, list(chain.from_iterable(each)))
        items = list(chain.from_iterable(lists_in(column)))
        return regrouped(column, await self.of(type_, details, items))

    async def _rows(self, type_: GraphQLOutputType, details: FieldDetailsList, rows: Rows[Any]) -> Column:
        if not len(rows):
            return []
        if not isinstance(rows.kind, ByKind):
            return await self._alike(type_, details, rows.kind, rows)
        names = rows.column(rows.kind.column)
        types = {name: rows.kind.types[name] for name in dict.fromkeys(names)}
        columns = [self._plan(type_, details, kind).columns for kind in types.values()]
        if len(types) == 1 or (columns[0] is not None and all(one is columns[0] for one in columns)):
            return await self._alike(type_, details, types[names[0]], rows)
        groups = rows.split(names)
        done = await self._level([(self._plan(type_, details, types[name]), group) for name, group in groups.items()])
        return _merged(names, dict(zip(groups, done, strict=True)))

    async def _objects(self, type_: GraphQLOutputType, details: FieldDetailsList, objects: Column) -> Column:
        kinds = list(map(type, objects))
        if kinds and kinds[0] is not NoneType and kinds.count(kinds[0]) == len(kinds):
            return await self._alike(type_, details, kinds[0], objects)
        groups: dict[type, list[Any]] = {}
        for kind, one in zip(kinds, objects, strict=True):
            groups.setdefault(kind, []).append(one)
        nothing = groups.pop(NoneType, ())
        done = await self._level([(self._plan(type_, details, kind), group) for kind, group in groups.items()])
        return _merged(kinds, {**dict(zip(groups, done, strict=True)), NoneType: nothing})

    async def _alike(self, type_: GraphQLOutputType, details: FieldDetailsList, kind: type, objects: Column) -> Column:
        """Objects of one Python type."""
        (done,) = await self._level([(self._plan(type_, details, kind), objects)])
        return done

    async def _level(self, groups: Sequence[tuple[Plan, Column]]) -> list[Column]:
        """The objects of a level, those of each type. What waits of them all begins at once: types that begin one after
        the other, as they select more or less, do not share the batches of their level."""
        held: list[list[Any]] = []
        missing: list[tuple[list[Any], int]] = []
        work = []
        for plan, objects in groups:
            columns = self._begun(plan, objects)
            held.append(columns)
            for place, (part, column) in enumerate(zip(plan.parts, columns, strict=True)):
                if part is not None and column is None:
                    missing.append((columns, place))
                    work.append(partial(self._part, plan, part, objects))
        if work:
            for (columns, place), column in zip(missing, await self._all(work), strict=True):
                columns[place] = column
        return [
            [{} for _ in range(len(objects))] if plan.shape is None else plan.shape(*columns)
            for (plan, objects), columns in zip(groups, held, strict=True)
        ]

    def _begun(self, plan: Plan, objects: Column) -> list[Any]:
        """The columns of a selection; None for those that are not made of their sources alone."""
        if plan.leaves and type(objects) is Rows:
            return [leaf(objects.column(name)) for name, leaf in plan.leaves]
        columns: list[Any] = []
        for part in plan.parts:
            if part is None:
                columns.append([plan.type.name] * len(objects))
            elif part.column is not None and self._plain(part.source, objects):
                columns.append(part.column(_values(part.source, objects)))
            else:
                columns.append(None)
        return columns

    def _plan(self, type_: GraphQLOutputType, details: FieldDetailsList, kind: type) -> Plan:
        return self.planned.plan(self.executor, self._runtime(type_, kind), details)

    def _runtime(self, type_: GraphQLOutputType, kind: type) -> GraphQLObjectType:
        """The object type of the schema that this Python type is, where a field of ``type_`` may show it."""
        known = self.executor.plans.runtime
        found = known.get((type_, kind))
        if found is None:
            found = known[type_, kind] = self._found(type_, kind)
        return found

    def _found(self, type_: GraphQLOutputType, kind: type) -> GraphQLObjectType:
        definition = get_object_definition(kind)
        if definition is None:
            raise Surprise
        if isinstance(type_, GraphQLObjectType):
            expected = type_.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            origins = [expected.origin, expected.concrete_of and expected.concrete_of.origin] if expected else []
            if kind in origins:
                return type_
        elif isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            named = self.executor.schema.get_type(definition.name)
            if isinstance(named, GraphQLObjectType) and self.executor.schema.is_sub_type(type_, named):
                return named
        raise Surprise

    async def _part(self, plan: Plan, part: Part, objects: Column) -> Column:
        """The completed values of a field. Where something does not fit, what has not begun yet does not begin."""
        if self.executor.plainly:
            raise Surprise
        try:
            source = part.source
            if isinstance(source, Keyed):
                return await self._keyed(plan, part, source, _column(objects, source.expression))
            if source is None or not self._plain(source, objects):
                return await self._finished(part, await self._resolved(plan, part, objects))
            values = _values(source, objects)
            decode = source.decode if isinstance(source, Value) else None
            if decode is None:
                return await self._finished(part, values)
            distinct, spread = spreading(values)
            decoded = [None if value is None else decode(value) for value in distinct]
            return spread(await self._finished(part, decoded))
        except Waits:
            raise
        except Exception:
            self.executor.plainly = True
            raise

    def _plain(self, source: Source, objects: Column) -> bool:
        """Whether the source alone says what is shown."""
        if not isinstance(source, Mention):
            return True
        return source.plain(self.executor.context_value, _column(objects, source.expression))

    async def _finished(self, part: Part, values: Column) -> Column:
        """The completed values of a field; at once if it can be, as waiting costs tasks."""
        if part.leaf is not None:
            return part.leaf(values)
        if self.waits and not part.waits:
            at_once = Completion(self.executor, self.planned, waits=False)
            try:
                at_once.of(part.definition.type, part.details, values).send(None)
            except StopIteration as done:
                return cast(Column, done.value)
            except Waits:
                part.waits = True
        try:
            return await self.of(part.definition.type, part.details, values)
        except Waits:
            part.waits = True  # as all are that it is below: none of them is tried anew
            raise

    async def _keyed(self, plan: Plan, part: Part, source: Keyed, keys: Column) -> Column:
        distinct, spread = spreading(keys)
        if not self.waits:
            raise Waits
        info = self._info(plan, part)
        asked = [key for key in distinct if key is not None]
        found = dict(zip(asked, await _gathered([source.load(info, key) for key in asked]), strict=True))
        return spread(await self._finished(part, [found.get(key) for key in distinct]))

    async def _resolved(self, plan: Plan, part: Part, objects: Column) -> Column:
        """What the field's resolver says of each object."""
        if part.declared.is_async and not self.waits:
            raise Waits
        if part.call is None:
            raise Surprise
        call = part.call.of(self.executor.variable_values, self._info(plan, part))
        values: list[Any] = []
        try:
            values.extend(map(call, objects))
        except BaseException:
            _closed(values)
            raise
        if any(isinstance(value, Exception) for value in values):
            _closed(values)
            raise Surprise
        is_awaitable = self.executor.is_awaitable
        if not any(map(is_awaitable, values)):
            return values
        if not self.waits:
            _closed(values)
            raise Waits
        return await _gathered([value if is_awaitable(value) else _known(value) for value in values])

    def _info(self, plan: Plan, part: Part) -> Info:
        path = Path(None, part.key, plan.type.name)  # of a field of many objects
        raw = self.executor.build_resolve_info(part.definition, part.nodes, plan.type, path)
        return cast(Info, strawberry.Info(_raw_info=raw, _field=part.declared))

    async def _all(self, work: Sequence[Callable[[], Coroutine[Any, Any, Column]]]) -> list[Column]:
        """What all of these complete; side by side where they may wait, so that they share the batches of a level."""
        if len(work) > 1 and self.waits:
            return await _gathered([one() for one in work])
        return [await one() for one in work]


async def _gathered(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    """All of these, once none of them works any more; raises the first one's exception."""
    if len(awaitables) == 1:
        return [await awaitables[0]]
    found = await asyncio.gather(*awaitables, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return found


def _closed(values: Sequence[Any]) -> None:
    """Ends what nobody is going to wait for."""
    for value in values:
        if asyncio.iscoroutine(value):
            value.close()


async def _known(value: Any) -> Any:
    return value


def _values(source: Source, objects: Column) -> Column:
    if isinstance(source, Value):
        return _column(objects, source.expression)
    if type(objects) is Rows and source in objects.names:
        return objects.column(source)
    return list(map(attrgetter(cast(str, source)), objects))


def _column(objects: Column, expression: str) -> Column:
    if type(objects) is Rows:  # which isinstance would ask in Python, as it is a Sequence
        return objects.column(expression)
    return [one.row[expression] for one in objects]


def _merged(keys: Sequence[Any], groups: dict[Any, Column]) -> Column:
    """The items of the groups, each group's in its order, as the keys say."""
    rest = {key: iter(group) for key, group in groups.items()}
    return [next(rest[key]) for key in keys]
