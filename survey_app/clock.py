"""The one clock: civil time in Asia/Shanghai, replaced by tests."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """This moment in Asia/Shanghai."""
    return datetime.now(_ZONE)


def today() -> str:
    """Today's civil date as YYYY-MM-DD."""
    return now().date().isoformat()


def seconds() -> int:
    """Whole seconds since the epoch, for delays and time-outs of staff accounts."""
    return int(now().timestamp())
