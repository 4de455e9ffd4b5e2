"""The least that serving a model over HTTP can cost: one Starlette route around it.

``python -m tests.bench.bare FILE SHA256`` says its port on standard output, and ends when standard input does.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from pathlib import Path

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from begat.platforms.local import predictor


def main(file: str, sha256: str) -> None:
    """Serves the model."""
    model = predictor.load(Path(file), sha256)

    async def predict(request: Request) -> Response:
        texts = orjson.loads(await request.body())
        began = time.perf_counter()
        outputs = [{"answer": answer, "score": score} for answer, score in model.predict(texts)]
        model_ms = (time.perf_counter() - began) * 1_000
        return Response(orjson.dumps({"outputs": outputs, "modelMs": model_ms}), media_type="application/json")

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        print(listening.getsockname()[1], flush=True)  # noqa: T201 - whoever started it reads this
        app = Starlette(routes=[Route("/predict", predict, methods=["POST"])])
        uvicorn.Server(uvicorn.Config(app, http="httptools", log_config=None, access_log=False)).run([listening])


def _guard() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_guard, daemon=True).start()
    main(*sys.argv[1:])
