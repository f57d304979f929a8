"""Random runs of an expert's device: nothing that the page called kept is lost, nothing is stored
twice, no record is split; and faults that are planted are found by the same runs."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from field_runs import Run, lost
from plain_site import Plain
from playwright.sync_api import Browser
from sqlalchemy import select, text

from screens import sign_in
from site_for_tests import PASSWORD
from survey_app import db
from survey_app.models import ArrivalRow, ObservationRow, PhotoRow
from survey_app.services import programme
from survey_app.services.programme import current_cycle

pytestmark = pytest.mark.browser
STEPS = 16
VERSIONS = (b"| expert_rubric | 1.0 |", b"| expert_rubric | 1.1 |")
BLOCKS, REDUCED, FULL = 8, 1, 125
"""A proof that is stopped goes on with the block at which it was: 1,000 runs in all."""
PLANTED_RUNS = 90
PLANTED = {
    "delivered before the reply": {
        "outbox.js": (
            "  return acknowledge(record.key, record.content, await sendText(",
            '  await acknowledge(record.key, record.content, { standing: "taken", '
            "record: record.record, revision: record.base + 1, faults: {} });\n"
            "  return acknowledge(record.key, record.content, await sendText(",
        )
    },
    "an id made at load": {
        "records.js": (
            "    return changed && { ...changed, state: DRAFT",
            "    return changed && { ...changed, "
            "record: (window.loaded ||= randomId()), state: DRAFT",
        )
    },
}


@pytest.fixture(scope="module")
def cookies(browser: Browser, declared: Plain) -> Any:
    context = browser.new_context()
    sign_in(context, declared.address, "E1", PASSWORD)
    kept = context.storage_state()
    context.close()
    return kept


def versions(declared: Plain) -> tuple[Callable[[], None], Callable[[], None]]:
    """Puts the rubric's version 1.1 in force on the running site, then 1.0 again, and so on; and
    what puts 1.0 in force for good."""
    with db.look(declared.site.engine) as session:
        first = programme.read_sources(session, current_cycle(session).code)
    changed = tuple((n, c.replace(*VERSIONS, 1)) for n, c in first.instruments)
    turns = cycle([replace(first, instruments=changed), first])

    def change(sources: programme.Sources) -> None:
        with db.transaction(declared.site.engine) as session:
            programme.store_sources(session, current_cycle(session), sources)

    return lambda: change(next(turns)), lambda: change(first)


def played(browser: Browser, declared: Plain, cookies: Any, seed: int, **more: Any) -> list[str]:
    """What is wrong after one run: nothing, or what was lost, doubled or split, and the steps."""
    change, back = versions(declared)
    with db.transaction(declared.site.engine) as session:
        session.execute(text("DELETE FROM observations"))
    with db.look(declared.site.engine) as session:
        before = set(session.scalars(select(ArrivalRow.sha256)))
    more |= {"change_version": change}
    run = Run(browser, declared.address, cookies, "V1/S1", random.Random(seed), **more)
    try:
        run.play(STEPS)
        run.settle()
    finally:
        run.close()
        back()
    with db.look(declared.site.engine) as session:
        rows = list(session.scalars(select(ObservationRow)))
        came = [row for row in session.scalars(select(ArrivalRow)) if row.sha256 not in before]
        photos = set(session.scalars(select(PhotoRow.sha256).where(PhotoRow.refusal == "")))
    wrong = [f"{len(rows)} records: {run.steps}"] if len(rows) > 1 else []
    if len({row.record for row in came}) > 1:
        wrong.append(f"split: {run.steps}")
    if run.promised or run.photos:
        missing = lost(run, [row.content for row in came], photos)
        wrong += [f"lost {missing}: {run.steps}"] if missing else []
        wrong += not_current(run, rows, came)
    return wrong


def not_current(run: Run, rows: list[ObservationRow], came: list[ArrivalRow]) -> list[str]:
    """What is promised and not in the record that counts, where nothing had to be kept aside."""
    if {row.standing for row in came} - {"taken"}:
        return []  # kept aside, and told
    found = json.loads(rows[0].answers) if rows else {}
    missing = {i: v for i, v in run.promised.items() if str(found.get(i)) != v}
    return [f"not in the record {missing}: {run.steps}"] if missing else []


@pytest.mark.prove
@pytest.mark.parametrize("block", range(BLOCKS))
def test_nothing_is_lost_doubled_or_split(
    browser: Browser,
    declared: Plain,
    cookies: Any,
    block: int,
    full_count: bool,
    proven: Callable[[str], None],
) -> None:
    count = FULL if full_count else REDUCED
    for seed in range(block * FULL, block * FULL + count):
        assert played(browser, declared, cookies, seed) == [], f"run {seed}"
    proven(f"{count} runs of {STEPS} steps: 0 lost, 0 doubled, 0 split")


@pytest.mark.parametrize("fault", PLANTED)
def test_planted_faults_are_found(
    browser: Browser, declared: Plain, cookies: Any, fault: str
) -> None:
    planted = PLANTED[fault]
    assert any(
        played(browser, declared, cookies, seed, planted=planted) for seed in range(PLANTED_RUNS)
    )
