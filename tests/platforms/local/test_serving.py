"""The worker that serves: killed, frozen, orphaned, asked by strangers."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import httpx
import joblib
import numpy as np
import pytest
from tests.contract.test_serving import model, refusal
from tests.platforms.local.serving_samples import address, ended, seen_of
from tests.platforms.local.training_samples import until

from begat.core.errors import Code
from begat.platforms.local.files import sha256_of
from begat.platforms.local.predictor import FORMAT
from begat.platforms.local.registry import LocalRegistry
from begat.platforms.local.serving import LocalServing
from begat.platforms.ports import ModelRef

__all__ = ["model"]  # a fixture

pytestmark = pytest.mark.anyio

ASKED = ["Where is my card?"]

HOLDER = """
import asyncio, sys, time
from pathlib import Path
from begat.platforms.local.serving import LocalServing
serving = LocalServing(Path(sys.argv[1]))
asyncio.run(serving.hold())
print("holds", flush=True)
time.sleep(600)
"""


@pytest.fixture
async def serving(tmp_path: Path) -> AsyncIterator[LocalServing]:
    """One that holds."""
    opened = LocalServing(tmp_path)
    await opened.hold()
    yield opened
    opened.close()


async def test_a_worker_that_was_killed_is_missed_at_once_and_started_again(
    serving: LocalServing, model: ModelRef, tmp_path: Path
) -> None:
    before = await serving.predict(model, ASKED, 60)
    first = address(tmp_path)
    asking = [asyncio.create_task(serving.predict(model, ASKED * 1_000, 60)) for _ in range(4)]
    await asyncio.sleep(0)
    os.kill(first["pid"], signal.SIGKILL)
    for one in await asyncio.gather(*asking, return_exceptions=True):
        assert getattr(one, "code", None) is Code.UNAVAILABLE
    began = time.monotonic()
    assert (await refusal(serving.predict(model, ASKED, 60))).code is Code.UNAVAILABLE
    assert time.monotonic() - began < 5
    until(lambda: ended(first["pid"]), 5)  # its sockets are closed a moment before the kernel calls it ended
    await serving.hold()
    second = address(tmp_path)
    assert second["pid"] != first["pid"]
    assert second["token"] != first["token"]
    assert (await serving.predict(model, ASKED, 60)).outputs == before.outputs


async def test_a_worker_that_is_frozen_is_waited_for_only_so_long(
    serving: LocalServing, model: ModelRef, tmp_path: Path
) -> None:
    await serving.load(model)
    pid = address(tmp_path)["pid"]
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    assert (await refusal(serving.predict(model, ASKED, 0.3))).code is Code.UNAVAILABLE
    assert time.monotonic() - began < 5
    os.kill(pid, signal.SIGCONT)
    assert (await serving.predict(model, ASKED, 60)).outputs
    os.kill(pid, signal.SIGSTOP)
    await serving.release()  # ends it all the same
    assert ended(pid)
    assert not (tmp_path / "serving" / "address.json").exists()


async def test_a_worker_dies_with_the_begat_that_was_killed_and_another_takes_over(
    tmp_path: Path, model: ModelRef
) -> None:
    other = LocalServing(tmp_path)
    command = (sys.executable, "-c", HOLDER, str(tmp_path))
    holder = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"holds\n"
        pid = address(tmp_path)["pid"]
        before = await other.predict(model, ASKED, 60)
    finally:
        holder.kill()
        await holder.wait()
    try:
        until(lambda: ended(pid), 5)
        assert address(tmp_path)["pid"] == pid  # nobody could take the file away
        began = time.monotonic()
        assert (await refusal(other.predict(model, ASKED, 60))).code is Code.UNAVAILABLE
        assert time.monotonic() - began < 5
        await other.hold()
        assert (await other.predict(model, ASKED, 60)).outputs == before.outputs
    finally:
        other.close()


async def test_a_model_in_memory_that_ceased_to_answer_is_not_proven_by_having_been_loaded(
    serving: LocalServing, tmp_path: Path
) -> None:
    # next(answers, texts): answers twice, and then with what are no scores.
    twice = partial(next, iter([np.ones((1, 1))] * 2))
    file = tmp_path / "twice.joblib"
    joblib.dump({"format": FORMAT, "classes": ("yes",), "pipeline": SimpleNamespace(predict_proba=twice)}, file)
    sha256 = sha256_of(file)
    tiring = ModelRef("model_tiring:v1", LocalRegistry(tmp_path).register("tiring", 1, file, sha256, {}), sha256)
    await serving.load(tiring)
    assert (await refusal(serving.load(tiring))).code is Code.PLATFORM


async def test_only_its_owner_reaches_it(serving: LocalServing, model: ModelRef, tmp_path: Path) -> None:
    await serving.load(model)
    found = address(tmp_path)
    folder = tmp_path / "serving"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "address.json").stat().st_mode) == 0o600
    for seen in ("cmdline", "environ"):
        assert found["token"].encode() not in seen_of(found["pid"], seen)
    body = {"model": {"id": model.id, "uri": model.uri, "sha256": model.sha256}, "texts": ASKED, "seconds": 10}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{found['port']}", trust_env=False) as stranger:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {found['token']}"}):
            for path in ("/predict", "/keep", "/none"):
                answer = await stranger.post(path, json=body, headers=headers)
                assert (answer.status_code, answer.content) == (401, b"")
        owner = {"authorization": f"Bearer {found['token']}"}
        assert (await stranger.post("/predict", json=body, headers=owner)).status_code == 200
        for wrong in (b"", b"{", b"[]", b'{"model": 1}'):
            answer = await stranger.post("/predict", content=wrong, headers=owner)
            assert answer.json()["code"] == "BAD_INPUT"
        answer = await stranger.post("/predict", content=b" " * 16_000_001, headers=owner)
        assert answer.json()["code"] == "LIMIT"
    assert (await serving.predict(model, ASKED, 10)).outputs


async def test_a_worker_that_cannot_start_says_why(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no such library' >&2\nexit 3\n")
    broken.chmod(0o700)
    chatty = tmp_path / "chatty"
    chatty.write_text("#!/bin/sh\necho 'a line that is no port'\nexec sleep 60\n")
    chatty.chmod(0o700)
    for python, why in (
        (str(broken), "no such library"),
        (str(tmp_path / "none"), "No such file"),
        (str(chatty), "did not start"),
    ):
        serving = LocalServing(tmp_path, python)
        problem = await refusal(serving.hold())
        assert problem.code is Code.UNAVAILABLE
        assert why in problem.message
        serving.close()
    assert "serving worker: no such library" in caplog.messages
