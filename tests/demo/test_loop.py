"""The demo's loop, started again."""

from __future__ import annotations

from typing import Any, cast

import pytest

from begat.demo import loop, queries
from begat.demo.client import Client


class Asked:
    """A begat whose endpoint was asked these inputs, the first of which was answered wrongly."""

    def __init__(self, *inputs: Any) -> None:
        self.inputs = inputs
        self.sent: list[Any] = []

    async def ask(self, query: str, **variables: Any) -> Any:
        if query != queries.REQUESTS:
            self.sent.append(variables)
            return {}
        nodes = [
            {"requestId": place, "input": input, "output": output, "feedback": []}
            for place, (input, output) in enumerate(self.inputs)
        ]
        return {"requests": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}}


def show(*_: Any) -> None:
    """Nobody looks."""


ANSWERED = [{"answer": "wrong"}]
BY_OTHERS = (
    ([{"text": "of somebody else"}], ANSWERED),
    ([{"question": "bare"}], ANSWERED),
    ([{"text": "a"}, {"text": "b"}], [*ANSWERED, *ANSWERED]),
    ([{"text": {"a": "b"}}], ANSWERED),
    (None, None),
)


@pytest.mark.anyio
async def test_it_goes_on_where_people_have_asked_its_endpoint_themselves() -> None:
    begat = Asked(([{"text": "a"}], ANSWERED), ([{"text": "c"}], None), *BY_OTHERS)
    client, answers = cast(Client, begat), {"a": "right", "b": "right", "c": "right"}
    await loop._judge(client, "endpoint", answers, show)
    assert begat.sent == [{"input": {"requestId": 0, "rating": "NEGATIVE", "correction": "right"}}]
    begat.sent.clear()
    await loop._ask(client, "endpoint", list(answers.items()), show)
    assert [sent["inputs"] for sent in begat.sent] == [[{"text": "b"}], [{"text": "c"}]]
