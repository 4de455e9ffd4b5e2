"""An executor that completes what is asked column by column where it can, and is graphql-core's own where it cannot.

Two of graphql-core's methods are replaced, which are not part of its public interface: pyproject.toml pins the
version, and tests hold the answers equal to those of plain graphql-core.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from graphql import (
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLResolveInfoHelpers,
    OperationType,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from begat.api.fast.complete import Completion
from begat.api.fast.plans import Plans

T = TypeVar("T")


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation.

    A query is completed as a whole, or not at all: then it is executed anew by plain graphql-core, errors and all, so
    that nothing is done more than twice. A mutation cannot be made again: graphql-core executes it, and what its fields
    return is completed one way or the other.
    """

    def __init__(self, *args: Any, plans: Plans, **more: Any) -> None:
        super().__init__(*args, **more)
        self.plans = plans
        self.plainly = plans.plainly(self)
        """Whether the rest is graphql-core's: something did not fit, or is not to be done twice."""

    async def query(self) -> dict[str, Any] | None:
        """The data of a query; None where anything does not fit, errors too: these graphql-core has to tell, as of
        several that null one place only the first is told. None at once where a field does more than answer, which is
        not to be done twice, or where it took too much to plan before."""
        if self.plainly:
            return None
        return await self._completed(lambda completion: completion.root())

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        """What resolvers may wait by. Kept, as graphql-core keeps it, it is a circle with its executor: an answer of
        thousands of objects then waits for the collector, which takes 30 ms to find it."""
        return GraphQLResolveInfoHelpers(gather=self.gather_async_work, track=self.track_async_work)

    @async_helpers.setter
    def async_helpers(self, helpers: GraphQLResolveInfoHelpers) -> None:
        pass

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """What a field of a mutation returned; all else as graphql-core does."""
        plainly = super().complete_value
        given = return_type, field_details_list, info, path, result, position_context
        mutation = self.operation.operation is OperationType.MUTATION
        if not mutation or path.prev or self.plainly or is_leaf_type(get_named_type(return_type)):
            return plainly(*given)

        async def completed() -> Any:
            done = await self._completed(lambda completion: completion.of(return_type, field_details_list, (result,)))
            if done is not None:
                return done[0]
            value = plainly(*given)
            return await value if self.is_awaitable(value) else value

        return completed()

    async def _completed(self, complete: Callable[[Completion], Coroutine[Any, Any, T]]) -> T | None:
        try:
            done = await complete(Completion(self, self.plans.of(self)))
        except Exception:
            # What does not fit is no mistake by itself: graphql-core says what it is.
            self.plainly = True
            self.plans.surprised += 1
            return None
        self.plans.completed += 1
        return done
