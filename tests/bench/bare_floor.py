"""The least that an answer can cost over HTTP: one Starlette route around the floor.

``python -m tests.bench.bare_floor`` reads where the database is as one line of JSON (uri, user, password, database)
from standard input, says its port on standard output, and ends when standard input does. What it is asked is one of the
floor's questions, with its parameters.
"""

from __future__ import annotations

import sys
import threading

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from begat.serving import tune_garbage_collection
from tests.bench.bare import end_with_input, serve
from tests.bench.floor import Floor


def main() -> None:
    """Serves the floor."""
    uri, user, password, database = orjson.loads(sys.stdin.buffer.readline())
    held: list[Floor] = []

    async def ask(request: Request) -> Response:
        if not held:
            held.append(Floor.reach(uri, (user, password), database))
        asked = orjson.loads(await request.body())
        content = await held[0].ask(asked["question"], **asked["parameters"])
        return Response(content, media_type="application/json")

    tune_garbage_collection()  # as begat serves
    threading.Thread(target=end_with_input, daemon=True).start()
    serve(Starlette(routes=[Route("/ask", ask, methods=["POST"])]))


if __name__ == "__main__":
    main()
