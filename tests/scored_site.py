"""The whole small programme, answered, closed, sealed and scored: three ranked projects."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import text

from project_root import ROOT
from site_for_tests import Site, answer, hidden
from survey_app import db
from survey_app.services import class_screens, jobs
from survey_app.services.programme import current_cycle

ENROLLED = 40
LIKED = {"C1": "5", "C2": "4", "C3": "3"}
SCREENING = ROOT / "tests" / "reports" / "golden" / "class_screens.json"
RECORDS = {"P1": ("I1", "yes"), "P2": ("I1", "no"), "P3": ("I2", "no")}
"""Project → who reports on it, and whether fees were taken: of the best liked they were."""


def score_whole(site: Site, *, more: Mapping[str, int] = MappingProxyType({})) -> None:
    """Take the open ``site`` of the whole programme to its first bulletin, by frozen points.

    ``more``: class to answers beyond those enrolled."""
    with db.transaction(site.engine) as session:
        session.execute(text(f"UPDATE classes SET enrolled = {ENROLLED}"))
        session.execute(text(f"UPDATE structure SET count = {ENROLLED}"))
    for code, liked in LIKED.items():
        answer(site, code, ENROLLED - 2, q01=liked)
        answer(site, code, 2 + more.get(code, 0), q01="3")
    for project, (owner, charged) in RECORDS.items():
        clerk, path = site.staff(owner), f"/records/institution_record/{project}"
        told = {"planned": "50", "charged": charged, "charged_note": "资料费"}
        own = {"revision": hidden(clerk.get(path).text, "revision"), "confirmed": "1"}
        assert clerk.post(path, told | own, do="submit").status_code == 303
    boss = site.staff("boss")
    for step in ("close", "extract"):
        assert boss.post(f"/province/{step}").status_code == 303
    with db.transaction(site.engine) as session:
        cycle = current_cycle(session)
        job = jobs.request_score(session, site.settings, cycle=cycle, now=1, by="boss")
    jobs.run_job(site.engine, site.settings, job)


def plant_screening(site: Site) -> None:
    """Put what ``tests/reports`` says of raised classes in place of the site's own screening."""
    with db.look(site.engine) as session:
        name = current_cycle(session).evaluation
    place = site.home / class_screens.RESULTS / name / class_screens.FILE
    place.write_bytes(SCREENING.read_bytes())
