"""The real site as it runs a day early, so that two reminders can stand on two days.

Only the demonstration starts the site by this door; `guopei serve` knows no other day than today.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from survey_app import clock
from survey_app.cli import main

_now = clock.now


def _a_day_early() -> datetime:
    return _now() - timedelta(days=1)


if __name__ == "__main__":
    clock.now = _a_day_early
    main()
