"""What of an error a client sees: problems and GraphQL's own errors as they are, everything else masked and logged."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from graphql import GraphQLError

from begat.api.limits import Exceeded
from begat.api.messages import FAULT, Json, cut, error
from begat.core.errors import Code, Problem, Problems
from begat.logs import request_id

log = logging.getLogger("begat.api")

MAX_ERRORS = 100
"""How many errors an answer shows: a list of a thousand items can fail a thousand times."""
MAX_LOGGED = 5
"""How many of one request's faults are logged with their stack; they are mostly the same."""


def formatted(errors: Sequence[GraphQLError]) -> list[Json]:
    """The errors for the client. Faults are logged here, so call it once for each answer."""
    shown: list[Json] = []
    faults: list[BaseException] = []
    for one in errors:
        shown.extend(_of_graphql(one, faults))
    for cause in faults[:MAX_LOGGED]:
        _log(cause)
    if len(faults) > MAX_LOGGED:
        log.error("%d more faults in this request are not shown", len(faults) - MAX_LOGGED)
    if len(shown) > MAX_ERRORS:
        more = len(shown) - MAX_ERRORS
        shown[MAX_ERRORS:] = [error(Code.LIMIT, f"{more} more errors are not shown.")]
    return shown


def of_problem(problem: Problem) -> Json:
    """A problem as a GraphQL error without a place in the document; one by a limit with its numbers."""
    shown = error(problem.code, problem.message, path=problem.path, hint=problem.hint, id=problem.id)
    if isinstance(problem, Exceeded):
        shown["extensions"] |= problem.extensions
    return shown


def fault(cause: BaseException | None = None) -> Json:
    """A mistake of ours as the client sees it. ``cause`` is logged; None where that is done already."""
    if cause is not None:
        _log(cause)
    shown = error(FAULT, "Something went wrong on our side.", hint="Name the request id when you report it.")
    shown["extensions"]["requestId"] = request_id.get()
    return shown


def _of_graphql(one: GraphQLError, faults: list[BaseException]) -> Iterator[Json]:
    place: Json = {}
    if one.locations:
        place["locations"] = [location.formatted for location in one.locations]
    if one.path is not None:
        place["path"] = one.path
    cause = _cause(one)
    problems = list(_problems(cause))
    if problems:
        bodies = [of_problem(problem) for problem in problems]
    elif _is_clients(one, cause):
        bodies = [error(Code.BAD_INPUT, one.message)]
    else:
        faults.append(cause)
        bodies = [fault()]
    for body in bodies:
        yield {"message": cut(body["message"]), **place, "extensions": body["extensions"]}


def _cause(one: GraphQLError) -> Exception:
    """What was raised first: graphql-core wraps it, twice where a resolver passes an error on."""
    cause: Exception = one
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _is_clients(one: GraphQLError, cause: Exception) -> bool:
    """Whether an error that is no Problem is about the request.

    Without a path nothing was executed yet. With one, graphql-core's complaints about arguments point into the
    document themselves, while those about a resolver's result (an Int that is none) do not: those are faults.
    """
    if one.path is None:
        return True
    return isinstance(cause, GraphQLError) and (cause is one or cause.nodes is not None)


def _problems(cause: BaseException) -> Iterator[Problem]:
    """The problems in ``cause``; none where it holds anything else, which then is a fault as a whole."""
    if isinstance(cause, Problem):
        yield cause
    elif isinstance(cause, Problems):
        yield from cause.problems
    elif isinstance(cause, BaseExceptionGroup):  # raised by a task group
        found = [list(_problems(one)) for one in cause.exceptions]
        if all(found):
            yield from _flat(found)


def _flat(lists: Iterable[list[Any]]) -> Iterator[Any]:
    for one in lists:
        yield from one


def _log(cause: BaseException) -> None:
    log.error("a fault: %s", type(cause).__name__, exc_info=cause)
