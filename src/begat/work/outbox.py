"""The outbox: webhooks that alarms wrote in their own transaction are sent, at least once, each under one id.

A crash after a call and before its record sends it again: the receiver knows it by its webhook-id.
"""

from __future__ import annotations

import asyncio
import logging
import time
from random import SystemRandom

from begat.change.background import Background
from begat.change.write import Change, Properties
from begat.core import times
from begat.core.errors import Code, Problem
from begat.core.webhooks import headers, secret_of

log = logging.getLogger("begat.outbox")

AT_ONCE = 20
"""Letters of one step, each of another monitor."""
TRIES = 10
"""Of these the last is some 16 hours after the first; then a letter is dead until somebody retries it."""
FIRST_SECONDS, FACTOR, LONGEST_SECONDS = 2.0, 4.0, 6 * 3600.0
GONE = 410
"""The receiver wants no more of it, as the Standard Webhooks have it."""

# Of each monitor only the oldest that is due: its letters go out in order while they arrive, and one whose many letters
# all fail holds up no other. A letter that failed is due later and holds up none, so the next can overtake it: the
# monitor's revision in the body tells the receiver the order.
_DUE = (
    "MATCH (d:Delivery) WHERE d.status = 'PENDING' AND d.nextAt <= $now WITH d.monitor AS monitor, min(d.id) AS id "
    "ORDER BY id LIMIT $most MATCH (d:Delivery {id: id}) RETURN collect(properties(d))"
)


async def step(work: Background) -> bool:
    """Sends what is due; whether there may be more."""
    found: list[Properties] = await work.graph.read(_DUE, now=times.now(), most=AT_ONCE)
    if not found:
        return False
    secret = await work.graph.read("MATCH (n:Schema {name: 'begat'}) RETURN n.planKey")
    if secret is None:  # this begat is just starting: it makes the secret in a moment
        return False
    done = await asyncio.gather(
        *(_send(work, letter, secret_of(secret, letter["monitor"])) for letter in found), return_exceptions=True
    )
    for failure in done:
        if isinstance(failure, BaseException):
            raise failure
    return True


def delay(attempts: int) -> float:
    """Seconds until the next try after so many, with jitter, so that what failed together does not come together."""
    longest = min(FIRST_SECONDS * FACTOR ** (attempts - 1), LONGEST_SECONDS)
    return longest * SystemRandom().uniform(0.5, 1.0)


async def _send(work: Background, letter: Properties, secret: str) -> None:
    signed = headers(secret, letter["id"], int(time.time()), letter["body"])
    try:
        status = await work.platform.webhooks.post(letter["url"], signed, letter["body"])
        error, final = (None, False) if 200 <= status < 300 else (f"It answered with status {status}.", status == GONE)
    except Problem as problem:
        error, final = problem.message, problem.code is Code.BAD_INPUT
    except Exception:  # a fault of begat's own must not hold up the other letters
        log.exception("a fault while delivery %s is sent", letter["id"])
        error, final = "A fault inside begat keeps it from being sent.", False
    await work.write(lambda change: _record(change, letter, error, final=final))


async def _record(change: Change, letter: Properties, error: str | None, *, final: bool) -> None:
    now = await change.lock_one(letter["id"], label="Delivery")
    if now["status"] != "PENDING" or now["attempts"] != letter["attempts"]:
        return
    attempts = now["attempts"] + 1
    tried: Properties = {"attempts": attempts, "lastError": error}
    if error is None:
        tried |= {"status": "DELIVERED", "deliveredAt": change.at, "nextAt": None}
    elif final or attempts >= TRIES:
        tried |= {"status": "DEAD", "nextAt": None}
        log.warning("delivery %s is dead: %s", letter["id"], error)
    else:
        tried["nextAt"] = times.later(delay(attempts), change.at)
    change.set(letter["id"], tried)
