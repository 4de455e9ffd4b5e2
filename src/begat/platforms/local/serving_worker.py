"""The serving worker: ``python -m begat.platforms.local.serving_worker HOME``.

The first line of standard input is the token that it asks of every call; on standard output it says the port on which
it answers. It ends within a moment when standard input ends: the process that started it holds the other end of that
pipe, so it dies with its parent, however that died.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path

from begat.platforms.local.children import EXIT_ENDED, use_one_thread

use_one_thread()

_GRACE = 2  # seconds for what is being answered when begat ends in order
_BACKLOG = 512
_KEEP_ALIVE = 3_600  # seconds that an instance's connection may be idle


def main(arguments: list[str]) -> int:
    """Serves until it is told to end."""
    with open(0, "rb", buffering=0, closefd=False) as given:  # unbuffered: what follows is the guard's
        token = given.readline().decode().strip()
    if not token:
        return EXIT_ENDED
    threading.Thread(target=_guard, name="guard", daemon=True).start()
    # Loading libraries takes a while; the guard above already watches meanwhile.
    import uvicorn

    from begat.platforms.local.registry import LocalRegistry
    from begat.platforms.local.serving_app import app
    from begat.platforms.local.serving_models import Models

    # A large batch works in a thread: whoever else asks shall not wait for the interpreter's lock for long.
    sys.setswitchinterval(0.001)
    # With the protocol named asyncio sends small answers at once (TCP_NODELAY).
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(_BACKLOG)
        config = uvicorn.Config(
            app(Models(LocalRegistry(Path(arguments[0]))), token),
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_GRACE,
        )
        # Calls wait in the backlog until the server takes them.
        os.write(1, f"{listening.getsockname()[1]}\n".encode())
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _guard() -> None:
    """Ends this process when the parent is gone."""
    while os.read(0, 4096):
        pass
    os._exit(EXIT_ENDED)  # nothing needs to be cleaned up: nothing is written


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
