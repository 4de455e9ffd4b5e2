"""The training worker: ``python -m begat.platforms.local.trainer RUN_DIRECTORY [LOCK_DESCRIPTOR]``.

It ends within a moment when standard input ends: the process that started it holds the other end of that pipe, so it
dies with its parent, however that died. It ends, too, when the run is to be cancelled.
"""

from __future__ import annotations

import os
import select
import sys
import threading
import traceback
from functools import partial
from pathlib import Path

from begat.core.errors import Code, Problem, Problems
from begat.core.times import now
from begat.platforms.local.children import EXIT_ENDED, use_one_thread
from begat.platforms.local.runs import Run
from begat.platforms.ports import TrainingState

use_one_thread()

EXIT_LOCKED = 75
"""Another worker is at this run."""

_GLANCE = 0.2  # seconds between two looks for a cancellation


def main(arguments: list[str]) -> int:
    """Trains what the run directory asks for. 0 once the outcome, good or bad, is written."""
    run = Run(Path(arguments[0]))
    # A descriptor that was handed down is locked already. Either stays open, and locked, until this process ends.
    held = int(arguments[1]) if len(arguments) > 1 else run.lock()
    if held is None:
        return EXIT_LOCKED
    threading.Thread(target=_guard, args=(run,), name="guard", daemon=True).start()
    if run.outcome() is not None:
        return 0
    spec = run.spec()
    if spec is None:
        run.fail(Code.PLATFORM, "The run directory says nothing of what to train.")
        return 0
    started_at = run.progress().started_at or now()
    try:
        # Loading scikit-learn takes a second or two; the guard above already watches meanwhile.
        from begat.platforms.local.fitting import train

        result = train(spec, run.model_file, partial(run.write_progress, started_at))
    except Problem as problem:
        run.fail(problem.code, problem.message)
    except Problems as problems:
        run.fail(problems.problems[0].code, str(problems))
    except MemoryError:
        run.fail(Code.LIMIT, "This training needs more memory than the machine gives.")
    except Exception as error:  # the last resort: whatever happens, the run must not stay RUNNING
        traceback.print_exc()
        run.fail(Code.PLATFORM, f"The training failed unexpectedly ({type(error).__name__}).")
    else:
        run.finish(TrainingState.SUCCEEDED, result=result)
    return 0


def _guard(run: Run) -> None:
    """Ends this process when the parent is gone or the run is to be cancelled."""
    while True:
        readable, _, _ = select.select([0], [], [], _GLANCE)
        # os._exit: nothing needs to be cleaned up, as every file is written whole or not at all.
        if (readable and not os.read(0, 4096)) or run.cancel_asked:
            os._exit(EXIT_ENDED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
