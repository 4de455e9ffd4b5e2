"""The least that serving a model over HTTP can cost: one Starlette route around it.

``python -m tests.bench.bare FILE SHA256`` says its port on standard output, and ends when standard input does.
"""

from __future__ import annotations

import os
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
from tests.listening import listening


def main(file: str, sha256: str) -> None:
    """Serves the model."""
    model = predictor.load(Path(file), sha256)

    async def predict(request: Request) -> Response:
        texts = orjson.loads(await request.body())
        began = time.perf_counter()
        outputs = [{"answer": answer, "score": score} for answer, score in model.predict(texts)]
        model_ms = (time.perf_counter() - began) * 1_000
        return Response(orjson.dumps({"outputs": outputs, "modelMs": model_ms}), media_type="application/json")

    serve(Starlette(routes=[Route("/predict", predict, methods=["POST"])]))


def serve(app: Starlette) -> None:
    """Serves on a free port, which whoever started this reads."""
    with listening() as listener:
        print(listener.getsockname()[1], flush=True)  # noqa: T201 - see above
        uvicorn.Server(uvicorn.Config(app, http="httptools", log_config=None, access_log=False)).run([listener])


def end_with_input() -> None:
    """Ends this process when whoever started it closes its standard input, or ends."""
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_input, daemon=True).start()
    main(*sys.argv[1:])
