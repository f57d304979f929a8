"""Who may be put on a roster, fetch a token and answer with it, and when: pure rules."""

from __future__ import annotations

from datetime import date

from survey_app.errors import Refused
from survey_app.policies import OPEN_IN, growing_delay


def check_can_list(
    state: str, *, wave: str, enrolled: int, slips: int, listed: int, least: int
) -> None:
    """A roster is kept while its wave is open. Slips and roster together are no more than the
    enrolled; and few would not hide one another, since they answer later than those with slips."""
    if state != OPEN_IN[wave]:
        raise Refused("list_not_open", 409, state=state)
    if listed < least:
        raise Refused("list_too_short", 409, listed=listed, least=least)
    if slips + listed > enrolled:
        raise Refused("list_too_long", 409, enrolled=enrolled, slips=slips, listed=listed)


def check_last_day(until: str, *, today: str) -> None:
    """The last day of a window is a day, and not a past one."""
    try:
        day = date.fromisoformat(until).isoformat()
    except ValueError:
        day = ""
    if day != until or day < today:
        raise Refused("window_day", 422)


def is_over(*, closed: bool, until: str, today: str) -> bool:
    """Whether a window has closed: by hand, or because its last day has passed."""
    return closed or until < today


def check_can_fetch(*, over: bool) -> None:
    """Tokens are given out while the window is open, never again afterwards."""
    if over:
        raise Refused("window_over", 410)


def check_can_use(*, over: bool, until: str) -> None:
    """Answers with tokens begin when no token is given out any more, so that the time of an answer
    tells nothing of who had just fetched one."""
    if not over:
        raise Refused("token_early", 403, day=until)


def member_delay(attempts: int) -> int:
    """Seconds a name waits after so many attempts in vain: none for five, then 5, 10, 20 … 21600.
    Four digits are few: this lets through twenty a day at the most, 140 of 10,000 in a week."""
    return growing_delay(attempts - 5, most=21_600)


def crowd_delay(attempts: int) -> int:
    """Seconds a network waits: a class of 300 behind one address may err three times each."""
    return growing_delay(attempts - 900, most=60)
