"""Which processor a serving process keeps to.

Its threads take turns anyway (Python runs one at a time), and to wake one on another processor
takes longer than much of what it has to do: a quarter more answers a second are taken so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_ALL: set[int] = set()
"""Processors that were there to choose from; empty where nothing was chosen."""


def keep_to_one(number: int) -> None:
    """Let this thread, and all that it will start, run on one processor of those allowed: process
    1 on the first, process 2 on the second, and around. Nothing where a system has no such call or
    no choice."""
    if not hasattr(os, "sched_setaffinity"):
        return
    allowed = os.sched_getaffinity(0)
    if len(allowed) > 1:
        _ALL.update(allowed)
        os.sched_setaffinity(0, {sorted(allowed)[(number - 1) % len(allowed)]})


@contextmanager
def on_any() -> Iterator[None]:
    """What is started in this block by this thread may run on every processor allowed."""
    if not _ALL:
        yield
        return
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, _ALL)
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)
