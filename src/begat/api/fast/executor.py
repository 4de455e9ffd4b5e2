"""An executor that completes lists column by column where it can, and is graphql-core's own where it cannot.

Three of graphql-core's methods are replaced, which are not part of its public interface: pyproject.toml pins the
version, and tests hold the answers equal to those of plain graphql-core.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from begat.api.fast.complete import Completion, Waits
from begat.api.fast.plan import Planned, Plans
from begat.gql.rows import Rows, has_row


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation. After the first value that did not fit all that follows is plain graphql-core's, so that
    nothing is done more than twice."""

    def __init__(self, *args: Any, plans: Plans, **more: Any) -> None:
        super().__init__(*args, **more)
        self.plans = plans
        self.plain = False
        self._planned: Planned | None = None

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """A list of objects."""

        def plainly() -> Any:
            return super(FastExecutor, self).complete_list_value(
                return_type, field_details_list, info, path, result, position_context
            )

        if self.plain or not (isinstance(result, Rows) or (type(result) is list and result)):
            return plainly()
        item = return_type.of_type
        if isinstance(item, GraphQLNonNull):
            item = item.of_type
        if is_leaf_type(item):
            return plainly()
        return self._completed(return_type, field_details_list, path, result, plainly, waits=True)

    def complete_abstract_value(
        self,
        return_type: GraphQLAbstractType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """An object of one of several types."""

        def plainly() -> Any:
            return super(FastExecutor, self).complete_abstract_value(
                return_type, field_details_list, info, path, result, position_context
            )

        if self.plain or not has_row(type(result)):
            return plainly()
        return self._completed(return_type, field_details_list, path, result, plainly, waits=False)

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """An object."""

        def plainly() -> Any:
            return super(FastExecutor, self).complete_object_value(
                return_type, field_details_list, info, path, result, position_context
            )

        if self.plain or not hasattr(type(result), "__strawberry_definition__"):
            return plainly()
        return self._completed(return_type, field_details_list, path, result, plainly, waits=False)

    def _completed(
        self,
        type_: GraphQLOutputType,
        details: FieldDetailsList,
        path: Path,
        value: Any,
        plainly: Callable[[], Any],
        *,
        waits: bool,
    ) -> Any:
        """The value, completed at once; or what completes it, where it has to wait and ``waits``; or by ``plainly``."""
        if self._planned is None:
            self._planned = self.plans.of(self)
        planned = self._planned
        name = (type_, *(id(one.node) for one in details))
        if name not in planned.waiting:
            try:
                Completion(self, planned, path, waits=False).of(type_, details, (value,)).send(None)
            except StopIteration as done:
                self.plans.completed += 1
                return done.value[0]
            except Waits:
                planned.waiting.add(name)
            except Exception:
                self._surprised()
                return plainly()
        return self._later(type_, details, path, value, plainly) if waits else plainly()

    async def _later(
        self,
        type_: GraphQLOutputType,
        details: FieldDetailsList,
        path: Path,
        value: Any,
        plainly: Callable[[], Any],
    ) -> Any:
        assert self._planned is not None  # noqa: S101 - made before anything waits
        try:
            done = await Completion(self, self._planned, path, waits=True).of(type_, details, (value,))
        except Exception:
            self._surprised()
            completed = plainly()
            return await completed if self.is_awaitable(completed) else completed
        self.plans.completed += 1
        return done[0]

    def _surprised(self) -> None:
        """What does not fit is no mistake by itself: graphql-core says what it is."""
        self.plans.surprised += 1
        self.plain = True
