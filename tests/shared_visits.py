"""Sessions that two experts have seen together, put into the store as their pages would."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from site_for_tests import Site
from survey_app import db
from survey_app.models import ObservationRow, SessionRow, VisitRow
from survey_app.services.observe import ACCEPTED, UNSIGNED
from survey_app.services.respond import canonical

DIMENSIONS = ("e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8a", "e8b")
Judge = Callable[[int, int, int], int]
"""Visit, session and dimension, each from 0, to a level."""


def level(visit: int, session: int, dimension: int) -> int:
    """What a calm judge sees: all levels occur, no two sessions are alike."""
    return 1 + (visit + 2 * session + dimension) % 4


def stricter(visit: int, session: int, dimension: int) -> int:
    """One level lower, where there is one."""
    return max(1, level(visit, session, dimension) - 1)


def see_together(
    site: Site, *, visits: int, first: Judge = level, second: Judge = level, signed: bool = True
) -> None:
    """``visits`` to class C2 on as many days, each by E1 and E2 to the same two new sessions; what
    the second saw is signed when ``signed``."""
    with db.transaction(site.engine) as made:
        for number in range(visits):
            day, codes = f"2021-08-{number + 1:02d}", [f"N{number}{s}" for s in "ab"]
            for code in codes:
                made.add(
                    SessionRow(code=code, class_code="C2", date=day, title=code, lecturer="甲")
                )
            for expert, judge in (("E1", first), ("E2", second)):
                done = signed or expert == "E1"
                about = {"class_code": "C2", "date": day, "expert": expert, "signed": done}
                own = f"M{number}{expert}"
                made.add(
                    VisitRow(
                        code=own, sessions=" ".join(codes), declaration="none", reason="", **about
                    )
                )
                made.flush()
                for place, code in enumerate(codes):
                    levels = {n: str(judge(number, place, d)) for d, n in enumerate(DIMENSIONS)}
                    made.add(record(own, code, levels, status=ACCEPTED if done else UNSIGNED))


def record(visit: str, session: str, levels: dict[str, str], *, status: str) -> ObservationRow:
    """A record of a session as it is stored."""
    answers = canonical(levels | {"due": "40", "present": "40", "lecturer_as_planned": "yes"})
    about = {"visit": visit, "session": session, "status": status, "answers": answers}
    form = {"instrument": "expert_rubric", "version": "1.0", "day": "2021-08-01", "revision": 1}
    return ObservationRow(id=(visit + session).ljust(32, "0"), **about, **form)


def sign_all(site: Site) -> None:
    """Whoever had not signed does so."""
    with db.transaction(site.engine) as made:
        made.execute(text("UPDATE visits SET signed = true WHERE code LIKE 'M%'"))
        made.execute(text("UPDATE observations SET status = 'accepted' WHERE visit LIKE 'M%'"))
