"""Errors as data: what a mutation could not do, and what to do about it."""

from __future__ import annotations

from typing import TypeAlias

import strawberry

from begat.core.errors import Code, Problem, Problems

strawberry.enum(
    Code,
    name="ErrorCode",
    description="Why something was refused. Branch on this; show the message.",
)
ErrorCode: TypeAlias = Code  # fields use this name, so that no module can be loaded before Code has its GraphQL name


@strawberry.type(description="One reason why a request, or one item of it, was refused.")
class UserError:
    """See core.errors.Problem."""

    code: ErrorCode = strawberry.field(description="The sort of reason.")
    message: str = strawberry.field(description="The reason in words, for people.")
    path: list[str] = strawberry.field(description="The input field meant: field names and list positions.")
    id: strawberry.ID | None = strawberry.field(description="The node meant, where it is one.")
    hint: str | None = strawberry.field(description="What to do about it.")


def user_error(problem: Problem) -> UserError:
    """The problem as clients see it."""
    return UserError(
        code=problem.code,
        message=problem.message,
        path=[str(step) for step in problem.path],
        id=None if problem.id is None else strawberry.ID(problem.id),
        hint=problem.hint,
    )


def problems_of(error: Problem | Problems) -> list[Problem]:
    """One or several problems as a list."""
    return error.problems if isinstance(error, Problems) else [error]
