"""What the processes of a machine did while a bench ran: a figure of a busy one is worth little."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def on_cpu(pid: int) -> float:
    """Seconds that all threads of a process have been on the CPU, to the nanosecond."""
    spent = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            spent += int((task / "schedstat").read_text().split()[0])
    return spent / 1e9


def family(pid: int) -> dict[int, float]:
    """Seconds on the CPU of the process, of all that it started, and of what they started, by process."""
    parents, spent = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            parents[int(process.name)] = int(fields[1])
            spent[int(process.name)] = (int(fields[11]) + int(fields[12])) / TICK
    found = {}
    for one, seconds in spent.items():
        above = one
        while above not in (0, pid):
            above = parents.get(above, 0)
        if above == pid:
            found[one] = seconds
    return found


class Machine:
    """From its making on: the CPU's time, and the share of it that went to other processes than ``pid``'s family."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._busy, self._all = _machine()
        self._own = sum(family(pid).values())

    def others(self) -> float:
        """The share of the CPU's time that others had, of 1."""
        busy, all = _machine()
        return max(busy - self._busy - (sum(family(self._pid).values()) - self._own), 0.0) / max(all - self._all, 1e-9)

    def said(self, quiet: float) -> str:
        """In words, with the load average."""
        share = self.others()
        told = f"load average {os.getloadavg()[0]:.1f}, {share:.0%} of the CPU's time in other hands"
        return told if share <= quiet else f"NOT A QUIET MACHINE: {told}"


def _machine() -> tuple[float, float]:
    """Seconds that all CPUs were busy, and all seconds that they had."""
    fields = [int(one) / TICK for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)
