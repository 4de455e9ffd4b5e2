"""An executor that completes lists column by column where it can, and is graphql-core's own where it cannot.

Three of graphql-core's methods are replaced, which are not part of its public interface: pyproject.toml pins the
version, and tests hold the answers equal to those of plain graphql-core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLAbstractType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLResolveInfoHelpers,
    OperationType,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from begat.api.fast.complete import Completion, Waits
from begat.api.fast.plan import Planned, Plans
from begat.gql.rows import Rows, has_row


@dataclass(slots=True)
class Attempt:
    """One operation on the fast path, and what became of it."""

    plans: Plans
    used: bool = False
    """Whether it completed anything."""
    surprised: bool = False
    """Whether something did not fit."""

    def decides(self, result: ExecutionResult) -> bool:
        """Whether this result of a query is its answer, or it has to be executed anew by plain graphql-core. So has
        what has errors: the fast path ends fields in another order, and of several errors that null one place only the
        first is told."""
        return not (self.surprised or (self.used and result.errors))


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation, until a value does not fit.

    Then a query is given up: all that follows is completed as nothing, and whoever asked executes it anew by plain
    graphql-core; so nothing is done more than twice. (An error instead would cancel what is under way beside it.) A
    mutation cannot be made again: what follows is completed by graphql-core then and there.
    """

    def __init__(self, *args: Any, attempt: Attempt, **more: Any) -> None:
        super().__init__(*args, **more)
        self.attempt = attempt
        self.plans = attempt.plans
        self._planned: Planned | None = None

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        """What resolvers may wait by. Kept, as graphql-core keeps it, it is a circle with its executor: an answer of
        thousands of objects then waits for the collector, which takes 30 ms to find it."""
        return GraphQLResolveInfoHelpers(gather=self.gather_async_work, track=self.track_async_work)

    @async_helpers.setter
    def async_helpers(self, helpers: GraphQLResolveInfoHelpers) -> None:
        pass

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

        if self._given_up:
            return []
        if self.attempt.surprised or not (isinstance(result, Rows) or (type(result) is list and result)):
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

        if self._given_up:
            return {}
        if self.attempt.surprised or not has_row(type(result)):
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

        if self._given_up:
            return {}
        if self.attempt.surprised or not hasattr(type(result), "__strawberry_definition__"):
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
                self._succeeded()
                return done.value[0]
            except Waits:
                planned.waiting.add(name)
            except Exception:
                return self._failed(plainly)
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
            completed = self._failed(plainly)
            return await completed if self.is_awaitable(completed) else completed
        self._succeeded()
        return done[0]

    def _succeeded(self) -> None:
        self.attempt.used = True
        self.plans.completed += 1

    def _failed(self, plainly: Callable[[], Any]) -> Any:
        """What does not fit is no mistake by itself: graphql-core says what it is."""
        self.attempt.surprised = True
        self.plans.surprised += 1
        return [] if self._given_up else plainly()

    @property
    def _given_up(self) -> bool:
        return self.attempt.surprised and self.operation.operation is OperationType.QUERY
