"""Jobs outside the web process: one at a time, with progress; a crash shows as 失败."""

from __future__ import annotations

import fcntl
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from instruments.faults import Fault, FaultsFound
from instruments.framework import read_framework
from survey_app import affinity, policies
from survey_app.config import Settings
from survey_app.db import look, transaction
from survey_app.errors import Refused
from survey_app.models import CycleRow, JobRow
from survey_app.phrases import phrase
from survey_app.policies import MEETING, PLAN, PREVIEW, PRINT, SCORE
from survey_app.printing_form import Printing
from survey_app.services import audit, evaluation, printings, proposals, visit_plans, weights

START_SECONDS = 30
"""A queued job whose process has not begun by then will never begin."""


@dataclass(frozen=True)
class Task:
    """What a job does: an extract, the framework versions to score it by, the published evaluation
    to compare with or to print again, and how it is printed; or the visits to plan."""

    kind: str
    extract: Path
    frameworks: dict[str, bytes]
    published: str
    printing: Printing
    problem: visit_plans.Problem | None = None


def request_score(db: Session, settings: Settings, *, cycle: CycleRow, now: int, by: str) -> str:
    """Queue a scoring of the sealed extract; returns the job's id."""
    policies.check_can_score(cycle.state, job_running=is_busy(settings))
    printings.check_printing(db, cycle, printings.latest_printing(db, cycle).printing)
    audit.note(db, by=by, action="score", object=cycle.code)
    return _queue(db, cycle, SCORE, now=now)


def request_preview(
    db: Session, settings: Settings, *, cycle: CycleRow, draft: bytes, now: int, by: str
) -> str:
    """Queue a scoring by the framework ``draft`` that publishes nothing; returns the job's id."""
    policies.check_can_preview(cycle.state, job_running=is_busy(settings))
    scorecard = read_framework(draft, "draft").scorecard
    audit.note(db, by=by, action="weights_preview", object=f"{cycle.code} {scorecard}")
    return _queue(db, cycle, PREVIEW, now=now, draft=draft.decode())


def request_print(
    db: Session, settings: Settings, *, cycle: CycleRow, kind: str, now: int, by: str
) -> str:
    """Queue another print of the bulletin, or a 送审稿 beside it; returns the job's id."""
    policies.check_can_print(cycle.evaluation, job_running=is_busy(settings))
    printing = printings.latest_printing(db, cycle).printing
    if kind == MEETING:
        policies.check_can_meet(printing.status)
    printings.check_printing(db, cycle, printing)
    audit.note(db, by=by, action=kind, object=f"{cycle.code} {cycle.evaluation}")
    return _queue(db, cycle, kind, now=now)


def request_plan(
    db: Session,
    settings: Settings,
    *,
    cycle: CycleRow,
    wish: visit_plans.Wish,
    now: int,
    by: str,
) -> str:
    """Queue the planning of visits, which changes nothing by itself; returns the job's id."""
    policies.check_can_plan(cycle.state, job_running=is_busy(settings))
    draft = proposals.draft_of(wish)
    audit.note(db, by=by, action="visits_propose", object=f"{cycle.code} × {len(wish.plan)}")
    return _queue(db, cycle, PLAN, now=now, draft=draft)


def _queue(db: Session, cycle: CycleRow, kind: str, *, now: int, draft: str = "") -> str:
    job = secrets.token_hex(16)
    db.add(
        JobRow(
            id=job,
            cycle=cycle.code,
            kind=kind,
            state=policies.QUEUED,
            step="",
            done=0,
            total=0,
            message="",
            requested=now,
            draft=draft,
            outcome="",
        )
    )
    return job


def request_again(db: Session, settings: Settings, *, job: str, now: int, by: str) -> str:
    """Queue the work of a job anew."""
    row = find_job(db, job)
    cycle = db.get_one(CycleRow, row.cycle)
    if row.kind == PREVIEW:
        draft = row.draft.encode()
        return request_preview(db, settings, cycle=cycle, draft=draft, now=now, by=by)
    if row.kind == PLAN:
        wish = proposals.drafted_wish(db, cycle, row.draft)
        return request_plan(db, settings, cycle=cycle, wish=wish, now=now, by=by)
    if row.kind in (PRINT, MEETING):
        return request_print(db, settings, cycle=cycle, kind=row.kind, now=now, by=by)
    return request_score(db, settings, cycle=cycle, now=now, by=by)


def find_job(db: Session, job: str) -> JobRow:
    """The job, or a refusal."""
    row = db.get(JobRow, job)
    if row is None:
        raise Refused("no_such_job", 404)
    return row


def latest_job(db: Session, cycle: str) -> JobRow | None:
    """The job of a cycle that was requested last."""
    query = select(JobRow).where(JobRow.cycle == cycle)
    return db.scalars(query.order_by(JobRow.requested.desc(), JobRow.id).limit(1)).first()


def start_job(settings: Settings, job: str) -> None:
    """Start the child process of a queued job; a thread waits for its end."""
    log = (settings.home / "jobs.log").open("ab")
    with log, affinity.on_any():
        process = subprocess.Popen(
            [sys.executable, "-m", "survey_app", "run-job", job],
            env=evaluation.child_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()


def shown_state(settings: Settings, row: JobRow, *, now: int) -> str:
    """A job's state as it is: one whose process is gone, or never began, has failed."""
    late = row.state == policies.QUEUED and now - row.requested > START_SECONDS
    if (row.state == policies.RUNNING or late) and not is_busy(settings):
        return policies.FAILED
    return row.state


def is_busy(settings: Settings) -> bool:
    """Whether a job's process holds the lock now."""
    try:
        with _lock(settings.home, wait=False):
            return False
    except BlockingIOError:
        return True


def run_job(engine: Engine, settings: Settings, job: str) -> None:
    """Do a queued job in this process; its progress and its end are noted in the store."""
    with _lock(settings.home, wait=True):
        task = _begin(engine, settings, job)

        def progress(step: str, done: int, total: int) -> None:
            note(engine, job, state=policies.RUNNING, step=step, done=done, total=total)

        try:
            made = _do(settings, task, progress)
        except Exception as error:
            note(engine, job, state=policies.FAILED, message=_told(error))
            raise
        _finish(engine, job, made)


def note(engine: Engine, job: str, **values: str | int) -> None:
    """Write what is known of a job."""
    with transaction(engine) as db:
        row = db.get_one(JobRow, job)
        for name, value in values.items():
            setattr(row, name, value)


def _begin(engine: Engine, settings: Settings, job: str) -> Task:
    with look(engine) as db:
        row = find_job(db, job)
        cycle = db.get_one(CycleRow, row.cycle)
        files = weights.chosen_files(db, cycle)
        printing = printings.latest_printing(db, cycle).printing
        planned = (db, settings, cycle, row.draft)
        problem = proposals.drafted_problem(*planned) if row.kind == PLAN else None
    if row.kind == PREVIEW:
        draft = row.draft.encode()
        files |= {f"{read_framework(draft, row.id).scorecard}.yaml": draft}
    note(engine, job, state=policies.RUNNING, step="", message="")
    extract = settings.home / "extracts" / cycle.extract
    return Task(row.kind, extract, files, cycle.evaluation, printing, problem)


def _told(error: Exception) -> str:
    """Why a job failed, for whoever started it: a line for each fault, or what else went wrong."""
    if not isinstance(error, FaultsFound):
        return f"{type(error).__name__}: {error}"
    return "\n".join(f"{_where(one)}{one.message}{one.remedy}" for one in error.faults)


def _where(one: Fault) -> str:
    """Where a fault sits, as the pages call it: nobody there has seen the file of particulars."""
    place = phrase("job.particulars") if one.place.file == evaluation.PARTICULARS else one.place
    return f"{place}：" if str(place) else ""


def _do(settings: Settings, task: Task, progress: evaluation.Progress) -> str:
    if task.problem is not None:
        progress(phrase("job.solving"), 0, 1)
        return visit_plans.solve(task.problem)
    if task.kind == PREVIEW:
        return evaluation.preview(
            settings,
            task.extract,
            progress,
            frameworks=task.frameworks,
            published=task.published,
        )
    if task.kind in (PRINT, MEETING):
        return evaluation.publish(
            settings,
            task.extract,
            progress,
            evaluation=task.published,
            printing=task.printing,
            meeting=task.kind == MEETING,
        )
    return evaluation.evaluate(
        settings, task.extract, progress, frameworks=task.frameworks, printing=task.printing
    )


def _finish(engine: Engine, job: str, made: str) -> None:
    with transaction(engine) as db:
        row = db.get_one(JobRow, job)
        row.state, row.done = policies.DONE, row.total
        if row.kind in (PREVIEW, PLAN):
            row.outcome = made
        if row.kind == SCORE:
            publish(db.get_one(CycleRow, row.cycle), row.kind, made)


def publish(cycle: CycleRow, kind: str, made: str) -> None:
    """Make what a job of this ``kind`` made the cycle's own; refused for all but a scoring."""
    policies.check_can_be_published(kind)
    if cycle.state in (policies.SEALED, policies.FOLLOWUP_SEALED):
        cycle.state = policies.next_state(cycle.state)
    cycle.evaluation = made


@contextmanager
def _lock(home: Path, *, wait: bool) -> Iterator[None]:
    with (home / "jobs.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
