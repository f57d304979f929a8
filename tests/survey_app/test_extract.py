"""From the store to the sealed extract, and from there through a job to the bulletin's place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from instruments.extract import read_extract
from site_for_tests import Site, answer
from survey_app import cli, db
from survey_app.errors import Refused
from survey_app.models import ObservationRow, VisitRow
from survey_app.printing_form import Printing
from survey_app.services import evaluation, jobs, respond
from survey_app.services.extract import seal_cycle
from survey_app.services.programme import current_cycle

pytest_plugins = ("site_fixtures",)


def observe(site: Site, visit: str, status: str) -> None:
    with db.transaction(site.engine) as session:
        session.add(
            ObservationRow(
                id=respond.new_id(),
                visit=visit,
                session="S1",
                instrument="expert_rubric",
                version="1.0",
                day="2021-07-02",
                revision=1,
                status=status,
                answers=json.dumps({"e1": "3", "present": 39}),
            )
        )


@pytest.fixture
def sealed(site: Site):
    """A sealed cycle: C1 with one trainee of a rare kind, C2 with fewer than the minimum cell."""
    answer(site, "C1", 4, stage="primary", years="6-15")
    answer(site, "C1", 1, stage="primary", years="26+")
    answer(site, "C1", 1, stage="senior", years="26+")
    answer(site, "C2", 4, stage="primary")
    observe(site, "V1", "accepted")
    observe(site, "V2", "unsigned")
    with db.transaction(site.engine) as session:
        session.get_one(VisitRow, "V1").signed = True
    site.state("关闭")
    return seal_cycle(site.engine, site.settings, by="boss")


def test_tables_of_the_extract(site: Site, sealed) -> None:
    extract = read_extract(sealed.path)
    assert extract.sha256 == sealed.sha256
    responses = extract.table("responses_trainee_core_v1_0")
    assert len(responses) == 6 and responses["response"].is_monotonic_increasing
    observed = extract.table("responses_expert_rubric_v1_0")
    assert sorted(observed["status"]) == ["accepted", "unsigned"]
    assert set(observed["rater"]) == {"R001", "R002"}
    assert extract.table("visits")["signed"].tolist() == [True, False]
    assert extract.table("roster_margins")["count"].sum() == 36


def test_rare_traits_are_withheld_and_small_classes_altogether(site: Site, sealed) -> None:
    rows = read_extract(_folder(site)).table("responses_trainee_core_v1_0")
    assert set(rows["class_code"]) == {"C1"}
    for trait in ("stage", "years"):
        assert rows[trait].value_counts(dropna=False).min() >= 3
    assert not (rows["stage"] == "senior").any() and not (rows["years"] == "26+").any()
    assert rows["comment"].notna().all()


def test_sealing_is_done_once(site: Site, sealed) -> None:
    with pytest.raises(Refused, match="not_closed"):
        seal_cycle(site.engine, site.settings, by="boss")
    assert _folder(site).with_name(f"{_folder(site).name}.zip").exists()


def test_a_job_moves_its_results_into_place(site: Site, sealed, monkeypatch) -> None:
    def evaluate(settings, folder, progress, *, frameworks, printing) -> str:
        assert frameworks == {} and printing == Printing()
        return folder.name

    monkeypatch.setattr(evaluation, "evaluate", evaluate)
    job = _queue(site)
    jobs.run_job(site.engine, site.settings, job)
    with db.look(site.engine) as session:
        cycle = current_cycle(session)
        assert (cycle.state, cycle.evaluation) == ("已评分", _folder(site).name)
        assert jobs.find_job(session, job).state == "完成"


def test_a_failed_job_says_why_and_can_run_again(site: Site, sealed, monkeypatch) -> None:
    def fail(settings, folder, progress, *, frameworks, printing) -> None:
        progress("计分", 1, 3)
        raise ValueError("数据不全")

    monkeypatch.setattr(evaluation, "evaluate", fail)
    job = _queue(site)
    with pytest.raises(ValueError, match="数据不全"):
        jobs.run_job(site.engine, site.settings, job)
    with db.look(site.engine) as session:
        row = jobs.find_job(session, job)
        assert (row.state, row.step, row.message) == ("失败", "计分", "ValueError: 数据不全")
        assert current_cycle(session).state == "已封存"
    with db.transaction(site.engine) as session:
        assert jobs.request_again(session, site.settings, job=job, now=2, by="boss") != job


def _queue(site: Site) -> str:
    with db.transaction(site.engine) as session:
        cycle = current_cycle(session)
        return jobs.request_score(session, site.settings, cycle=cycle, now=1, by="boss")


def _folder(site: Site) -> Path:
    with db.look(site.engine) as session:
        return site.home / "extracts" / current_cycle(session).extract


def test_the_command_seals_and_copies_at_once_and_copies_again(
    site: Site, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("GUOPEI_HOME", str(site.home))
    answer(site, "C1", 6)
    site.state("关闭")
    for name in ("first", "second"):
        assert cli.run(["extract", "--out", str(tmp_path / name)]) == 0
        assert read_extract(tmp_path / name).sha256 in capsys.readouterr().out
    assert cli.run(["extract", "--out", str(tmp_path / "second")]) == 1
    assert "目标位置已有内容" in capsys.readouterr().err
    with pytest.raises(Refused, match="not_closed"):
        seal_cycle(site.engine, site.settings, by="boss")


def test_a_seal_that_cannot_be_copied_is_not_made(
    site: Site, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("GUOPEI_HOME", str(site.home))
    site.state("关闭")
    (tmp_path / "taken").write_text("x")
    assert cli.run(["extract", "--out", str(tmp_path / "taken")]) == 1
    with db.look(site.engine) as session:
        assert current_cycle(session).state == "关闭"
