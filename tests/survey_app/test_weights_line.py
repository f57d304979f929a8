"""One weight changed on the page, and the bulletin says who, why, and which ranks moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from scored_site import score_whole

from reports.verification.verify import examine
from site_for_tests import Site, Staff, build
from survey_app import db
from survey_app.services import jobs
from survey_app.services.evaluation import published_beside
from survey_app.services.programme import current_cycle

pytestmark = pytest.mark.once

PAGE = "/province/weights/A"
OTHER_WAY = {"p-A1.1": "10", "p-A1.2": "90", "proposer": "省评估工作组", "reason": "收费必须从严"}


@pytest.fixture
def scored(tmp_path: Path, monkeypatch) -> Iterator[Site]:
    """A scored cycle whose jobs run at once, in this process. On one store: what it shows begins
    at the extract, and `test_weights.py` has the pages on both."""
    whole = build(tmp_path / "home", whole=True, store="sqlite")
    score_whole(whole)

    def run_at_once(settings, job: str) -> None:
        jobs.run_job(whole.engine, settings, job)

    monkeypatch.setattr(jobs, "start_job", run_at_once)
    yield whole
    whole.engine.dispose()


def bulletin(boss: Staff) -> str:
    with boss.client.get("/province/bulletin", follow_redirects=True) as reply:
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", reply.text)))


def evaluation(site: Site) -> str:
    with db.look(site.engine) as session:
        return current_cycle(session).evaluation


def test_from_the_page_to_the_bulletin(scored: Site) -> None:
    boss = scored.staff("boss")
    before, former = bulletin(boss), evaluation(scored)
    with db.look(scored.engine) as session:
        code = current_cycle(session).code
    assert "收费必须从严" not in before
    tried = boss.post(PAGE, OTHER_WAY, do="preview")
    moves = boss.get(f"/province/weights/previews/{tried.location.rsplit('/', 1)[1]}").text
    assert "名次或等次会变" in moves and 'class="moved"' in moves and "示例项目一" in moves
    assert bulletin(boss) == before  # a preview publishes nothing
    boss.post(PAGE, OTHER_WAY, do="use")
    told = {"organ": "省教育厅", "document": "教师〔2021〕9号", "date": "2021-12-01"}
    boss.post(f"{PAGE}/versions/1.0-1", told, do="adopt")
    boss.post(f"{PAGE}/versions/1.0-1", do="use")
    after = bulletin(boss)
    for words in ("1.0-1版", "省评估工作组", "收费必须从严", "已经可见", "教师〔2021〕9号"):
        assert words in after, words
    assert re.search(r"[1-9]\d*个名次有变化", after), "moved ranks are printed"
    assert re.search(r"降\s*\d位", after) and re.search(r"升\s*\d位", after)
    assert evaluation(scored) != former
    assert (scored.home / "bulletins" / former / "bulletin.html").is_file()  # nothing is replaced
    beside = published_beside(scored.settings, evaluation(scored), cycle=code)
    versions = [[one.version for one in told.frameworks if one.scorecard == "A"] for told in beside]
    assert versions == [["1.0"], ["1.0-1"]]  # what readers hold already: before it was adopted too
    assert published_beside(scored.settings, evaluation(scored), cycle="another") == ()
    boss.post(f"{PAGE}/versions/1.0", do="use")
    assert (evaluation(scored), bulletin(boss)) == (former, before)  # the frozen points again


def test_an_assessor_recomputes_it(scored: Site, tmp_path: Path) -> None:
    scored.staff("boss").post(PAGE, OTHER_WAY, do="use")
    with db.look(scored.engine) as session:
        cycle = current_cycle(session)
    handed = {"extract": cycle.extract, "results": cycle.evaluation, "bulletin": cycle.evaluation}
    for name, folder in handed.items():
        kept = "bulletins" if name == "bulletin" else "extracts" if name == "extract" else name
        (tmp_path / name).symlink_to(scored.home / kept / folder)
    assert examine(tmp_path).faults == ()
