"""Random runs of an expert's device: nothing that the page called kept is lost, nothing is stored
twice, no record is split; and faults that are planted are found by the same runs."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from field_runs import Run, lost
from plain_site import Plain
from playwright.sync_api import Browser
from sqlalchemy import select, text

from screens import sign_in
from site_for_tests import PASSWORD
from survey_app import db
from survey_app.models import ObservationRow

pytestmark = pytest.mark.browser
STEPS = 14
REDUCED, FULL = 5, 1000
PLANTED_RUNS = 30
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


def played(browser: Browser, declared: Plain, cookies: Any, seed: int, **more: Any) -> list[str]:
    """What is wrong after one run: nothing, or what was lost, doubled or split, and the steps."""
    with db.transaction(declared.site.engine) as session:
        session.execute(text("DELETE FROM observations"))
    run = Run(browser, declared.address, cookies, "V1/S1", random.Random(seed), **more)
    try:
        run.play(6 if run.planted else STEPS)
        run.settle()
    finally:
        run.close()
    with db.look(declared.site.engine) as session:
        rows = list(session.scalars(select(ObservationRow)))
    if not rows:
        return [f"nothing arrived: {run.steps}"] if run.promised else []
    wrong = [f"{len(rows)} records: {run.steps}"] if len(rows) > 1 else []
    current = [row.answers for row in rows if row.status != "conflict"]
    missing = lost(run.promised, current[0]) if current else run.promised
    return wrong + ([f"lost {missing}: {run.steps}"] if missing else [])


@pytest.mark.prove
def test_nothing_is_lost_doubled_or_split(
    browser: Browser,
    declared: Plain,
    cookies: Any,
    full_count: bool,
    proven: Callable[[str], None],
) -> None:
    count = FULL if full_count else REDUCED
    for seed in range(count):
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
