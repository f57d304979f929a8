"""When people of a simulated class answer, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.tables import DURATIONS


@dataclass(frozen=True)
class Pace:
    """Most answer on the last day; the others as days pass, many of them on that of a reminder."""

    together: float = 0.75
    late: float = 4.0
    """Mean of the days that the others wait."""
    reminded: float = 0.4
    """Share of classes that are reminded once."""
    moved: float = 0.6
    """Share of those still out who answer on that day."""
    until: int = 14
    durations: tuple[float, ...] = (0.04, 0.40, 0.50, 0.06)


def answer_days(size: int, *, last: str, pace: Pace, generator: np.random.Generator) -> list[str]:
    """Days (YYYY-MM-DD) on which ``size`` people answer whose class ended on ``last``."""
    waits = np.ceil(generator.exponential(pace.late, size)).astype(int)
    waits[generator.random(size) < pace.together] = 0
    if generator.random() < pace.reminded:
        day = int(generator.integers(2, pace.until))
        waits[(waits >= day) & (generator.random(size) < pace.moved)] = day
        out = (waits > 0) & (generator.random(size) < pace.moved / 2.0)
        waits[out] = day  # who would have answered before, or never
    days = np.datetime64(last, "D") + np.minimum(waits, pace.until)
    return [str(day) for day in days]


def durations(size: int, *, pace: Pace, generator: np.random.Generator) -> list[str]:
    """Coarse classes of duration of ``size`` people."""
    return [str(one) for one in generator.choice(DURATIONS, size, p=pace.durations)]
