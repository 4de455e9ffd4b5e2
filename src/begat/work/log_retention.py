"""The loop that keeps the inference log in order: it makes compact files and removes what endpoints no longer keep.

What an endpoint keeps is said by its deployment (``logging: { keepDays, keepBytes }``; the defaults are with ``Config``
in ``kinds/endpoint/config.py``). The step writes nothing to the graph, and ``settle`` means the same when it is done
twice: a holder of the lease that is killed, or sleeps while another takes over, loses and doubles nothing.
"""

from __future__ import annotations

import anyio.to_thread

from begat.change.background import Background
from begat.kinds.endpoint.keeping import kept

SECONDS = 30.0


async def step(work: Background) -> bool:
    """Some files of all endpoints; whether there is more to do at once."""
    limits = await kept(work.graph)
    return await anyio.to_thread.run_sync(work.platform.telemetry.settle, limits)
