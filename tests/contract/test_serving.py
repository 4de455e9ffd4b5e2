"""What every ``Serving`` does, with a model that was really trained."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.platforms.local.serving_samples import in_memory, registered
from tests.platforms.local.training_samples import TOPICS

from begat.core.errors import Code, Problem
from begat.platforms.local.serving import LocalServing
from begat.platforms.ports import ModelRef, Serving

pytestmark = pytest.mark.anyio

OPEN: dict[str, Callable[[Path], Serving]] = {"local": LocalServing}

QUESTIONS = [question for questions in TOPICS.values() for question in questions]


@pytest.fixture
def model(tmp_path: Path) -> ModelRef:
    """One that was trained, where the serving of the test looks for models."""
    return registered(tmp_path)


@pytest.fixture(params=OPEN)
async def instances(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[list[Serving]]:
    """Three instances that share a platform. None serves yet."""
    opened = [OPEN[request.param](tmp_path) for _ in range(3)]
    yield opened
    for one in opened:
        await one.release()
        one.close()


async def refusal(work: object) -> Problem:
    """Why it was refused."""
    with pytest.raises(Problem) as refused:
        await work  # type: ignore[misc] # any of the port's calls
    return refused.value


async def test_whoever_asks_gets_the_models_own_answers_also_when_many_ask_at_once(
    instances: list[Serving], model: ModelRef, tmp_path: Path
) -> None:
    """16 clients over three instances, the first call of each before anything is loaded; short and long calls mixed."""
    await instances[0].hold()
    chance = random.Random(7)
    oracle = in_memory(tmp_path)

    async def client(number: int) -> None:
        for size in (1, chance.randint(1, 40), 1, 300 if number == 3 else 2, 1):
            texts = [f"{chance.choice(QUESTIONS)} {chance.randrange(100)}" for _ in range(size)]
            said = await instances[number % 3].predict(model, texts, 60)
            assert [one["answer"] for one in said.outputs] == oracle.answers(texts)
            assert [one["score"] for one in said.outputs] == pytest.approx(
                [score for _, score in oracle.predict(texts)]
            )
            assert said.model_ms > 0
            assert said.cpu_seconds > 0

    await asyncio.gather(*(client(number) for number in range(16)))


async def test_a_model_stays_in_memory_until_it_is_not_kept(
    instances: list[Serving], model: ModelRef, tmp_path: Path
) -> None:
    other = registered(tmp_path, 2)
    await instances[0].hold()
    for one in (model, other):
        await instances[0].load(one)
    for file in (tmp_path / "models" / "files").iterdir():
        file.unlink()
    await instances[1].load(model)  # it is there: nothing is read again
    await instances[0].keep([model.id])
    assert (await instances[2].predict(model, ["Where is my card?"], 10)).outputs
    assert (await refusal(instances[2].predict(other, ["Where is my card?"], 10))).code is Code.NOT_FOUND
    await instances[0].keep([])
    assert (await refusal(instances[0].load(model))).code is Code.NOT_FOUND


async def test_only_the_very_file_that_was_registered_is_run(
    instances: list[Serving], model: ModelRef, tmp_path: Path
) -> None:
    await instances[0].hold()
    assert (await refusal(instances[0].load(replace(model, sha256="0" * 64)))).code is Code.PLATFORM
    assert (await refusal(instances[0].load(replace(model, uri="local:models/none/1")))).code is Code.NOT_FOUND
    [file] = (tmp_path / "models" / "files").iterdir()
    whole = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert (await refusal(instances[0].load(model))).code is Code.PLATFORM
    assert (await refusal(instances[1].predict(model, ["Where is my card?"], 10))).code is Code.PLATFORM
    file.write_bytes(whole)
    await instances[0].load(model)  # a refusal is not remembered


async def test_what_no_model_can_take_is_bad_input(instances: list[Serving], model: ModelRef) -> None:
    await instances[0].hold()
    for texts in ([], ["x"] * 1_001, ["half a pair: \ud83d"]):
        assert (await refusal(instances[0].predict(model, texts, 10))).code is Code.BAD_INPUT
    assert len((await instances[0].predict(model, ["", "\0", "😀" * 5_000], 10)).outputs) == 3


async def test_one_instance_after_the_other_serves(instances: list[Serving], model: ModelRef) -> None:
    first, second, third = instances
    assert (await refusal(third.predict(model, ["Where is my card?"], 10))).code is Code.UNAVAILABLE
    await first.hold()
    await first.hold()
    before = await third.predict(model, ["Where is my card?"], 60)
    await first.release()
    assert (await refusal(first.load(model))).code is Code.UNAVAILABLE
    assert (await refusal(third.predict(model, ["Where is my card?"], 10))).code is Code.UNAVAILABLE
    await second.hold()
    assert (await third.predict(model, ["Where is my card?"], 60)).outputs == before.outputs
    await first.release()  # it is not the holder's: the second goes on
    assert (await first.predict(model, ["Where is my card?"], 60)).outputs == before.outputs


async def test_nobody_waits_longer_than_he_says(instances: list[Serving], model: ModelRef) -> None:
    await instances[0].hold()
    began = asyncio.get_running_loop().time()
    assert (await refusal(instances[0].predict(model, ["Where is my card?"], 0.001))).code is Code.UNAVAILABLE
    assert asyncio.get_running_loop().time() - began < 1
    assert (await instances[0].predict(model, ["Where is my card?"], 60)).outputs
