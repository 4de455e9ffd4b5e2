"""All background work of begat."""

from __future__ import annotations

from begat.change import bulk, idempotency
from begat.kinds.endpoint.work import Serving
from begat.kinds.improvement_task import work as improvement
from begat.kinds.monitor import work as monitors
from begat.kinds.training_job import work as training
from begat.kinds.training_sheet.running import Generation
from begat.work import log_retention, outbox
from begat.work.acts import ACTS
from begat.work.loops import Loop

GENERATION = Generation()
SERVING = Serving()

LOOPS: tuple[Loop, ...] = (
    Loop("bulk", bulk.step(ACTS)),
    Loop("generation", GENERATION.step, leave=GENERATION.leave),
    Loop("training", training.step),
    Loop("monitors", monitors.step),
    Loop("improvement", improvement.step, improvement.SECONDS),
    Loop("outbox", outbox.step),
    Loop("serving", SERVING.step, leave=SERVING.leave),
    Loop("telemetry", log_retention.step, log_retention.SECONDS),
    Loop("answered", idempotency.forget, idempotency.SECONDS),
)
