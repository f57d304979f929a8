"""The points of the scorecards: seen, changed, compared by pairs, tried, saved, adopted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from instruments.faults import FaultsFound
from instruments.reweighting import framework_yaml, leaf_points
from instruments.scorecard import Adoption
from survey_app import clock, db, policies
from survey_app.errors import Refused
from survey_app.models import CycleRow
from survey_app.points import (
    UNSAID,
    PointsSheet,
    carried_words,
    one_line,
    proposal_faults,
    read_date,
    read_sheet,
    sheet_of,
    tree_of,
)
from survey_app.protection import only, settings, who
from survey_app.replies import attached
from survey_app.services import comparisons, jobs, weights
from survey_app.services.previews import Preview, find_preview
from survey_app.services.programme import current_cycle, programme_of
from survey_app.views.province import started_job

pages = Blueprint("weights", __name__, url_prefix="/province/weights")
Do = Callable[[CycleRow, weights.Card, str], Any]


@pages.get("/")
@only("province")
def overview() -> Any:
    """Every scorecard with its points, and the history of its versions."""
    cycle = current_cycle(db.current())
    found = weights.cards(db.current(), cycle)
    trees = {card.frozen.scorecard: tree_of(card.frozen, card.current) for card in found}
    return render_template("weights.html", cycle=cycle, cards=found, trees=trees)


@pages.get("/<scorecard>")
@only("province")
def edit(scorecard: str) -> Any:
    """Points to change: those in use, or those that follow from comparisons."""
    cycle, card = _card(scorecard)
    sheet = sheet_of(card.frozen, leaf_points(card.current))
    if "node" in request.args:
        judged = comparisons.compare(card.current, request.args)
        sheet = sheet_of(card.frozen, judged.points or sheet.points, reason=judged.reason)
    return _page(cycle, card, sheet)


@pages.get("/previews/<job>")
@only("province")
def preview(job: str) -> Any:
    """What a tried framework would move, and the points to save or change further."""
    cycle = current_cycle(db.current())
    found = find_preview(db.current(), cycle, job)
    card = weights.find_card(db.current(), cycle, found.draft.scorecard)
    change, points = found.draft.change, leaf_points(found.draft)
    assert change is not None
    said = {"proposer": change.proposer, "reason": change.reason}
    words = {name: "" if text == UNSAID else text for name, text in said.items()}
    return _page(cycle, card, sheet_of(card.frozen, points, **words), found)


@pages.post("/<scorecard>")
@only("province")
def send(scorecard: str) -> Any:
    """Check the points, try them, save them, or save and use them for the bulletin."""
    cycle, card = _card(scorecard)
    sheet, do = read_sheet(card.frozen, request.form), request.form.get("do", "check")
    faults = [*sheet.faults, *(proposal_faults(sheet) if do in ("save", "use") else ())]
    if faults:
        return _page(cycle, card, sheet, faults=faults), 422
    try:
        return _chosen(_SENT, do)(cycle, card, sheet)
    except FaultsFound as found:
        faults, status = [*found.faults], 422
    except Refused as refusal:
        faults, status = [refusal.fault], refusal.status
    db.abandon()
    return _page(cycle, card, sheet, faults=faults), status


@pages.get("/<scorecard>/compare")
@only("province")
def compare(scorecard: str) -> Any:
    """Judgements of importance by pairs, and the points that follow."""
    cycle, card = _card(scorecard)
    found = comparisons.compare(card.current, request.args)
    shares = comparisons.shares(card.current, found) if found.points else ()
    nodes = comparisons.comparable(card.current)
    page = {"cycle": cycle, "card": card, "found": found, "nodes": nodes, "shares": shares}
    return render_template("compare.html", **page), 422 if found.faults else 200


@pages.get("/<scorecard>/versions/<path:version>")
@only("province")
def download(scorecard: str, version: str) -> Any:
    """A version as the file that `guopei score --framework` takes."""
    _, card = _card(scorecard)
    content = framework_yaml(card.version(version).framework)
    return attached(content, "application/yaml", f"{scorecard}-{version}.yaml")


@pages.post("/<scorecard>/versions/<path:version>")
@only("province")
def decide(scorecard: str, version: str) -> Any:
    """Use a version for the bulletin, note its adoption, or take it back."""
    cycle, card = _card(scorecard)
    return _chosen(_DECIDED, request.form.get("do", ""))(cycle, card, version)


def _card(scorecard: str) -> tuple[CycleRow, weights.Card]:
    cycle = current_cycle(db.current())
    return cycle, weights.find_card(db.current(), cycle, scorecard)


def _chosen(verbs: Mapping[str, Callable[..., Any]], do: str) -> Callable[..., Any]:
    if do not in verbs:
        raise Refused("page_damaged", 400)
    return verbs[do]


def _page(
    cycle: CycleRow,
    card: weights.Card,
    sheet: PointsSheet,
    preview: Preview | None = None,
    **told: Any,
) -> str:
    page = {"faults": (), "carried": (), "checked": False} | told
    early = not policies.allowed(lambda: policies.check_can_preview(cycle.state, job_running=False))
    return render_template(
        "points.html", cycle=cycle, card=card, sheet=sheet, preview=preview, early=early, **page
    )


def _draft(cycle: CycleRow, card: weights.Card, sheet: PointsSheet) -> Any:
    programme = programme_of(db.current(), cycle)
    words = sheet.proposer or UNSAID, sheet.reason or UNSAID
    proposal = weights.Proposal(sheet.points, *words)
    return weights.drafted(programme, card, proposal, state=cycle.state)


def _check(cycle: CycleRow, card: weights.Card, sheet: PointsSheet) -> Any:
    carried = carried_words(card.frozen, _draft(cycle, card, sheet))
    return _page(cycle, card, sheet, carried=carried, checked=True)


def _try(cycle: CycleRow, card: weights.Card, sheet: PointsSheet) -> Any:
    draft = framework_yaml(_draft(cycle, card, sheet))
    session, now = db.current(), clock.seconds()
    return started_job(
        jobs.request_preview(session, settings(), cycle=cycle, draft=draft, now=now, by=who())
    )


def _save(cycle: CycleRow, card: weights.Card, sheet: PointsSheet) -> Any:
    proposal = weights.Proposal(sheet.points, sheet.proposer, sheet.reason)
    weights.save_version(db.current(), cycle, card, proposal, by=who())
    return _back(card)


def _save_and_use(cycle: CycleRow, card: weights.Card, sheet: PointsSheet) -> Any:
    proposal = weights.Proposal(sheet.points, sheet.proposer, sheet.reason)
    version = weights.save_version(db.current(), cycle, card, proposal, by=who())
    fresh = weights.find_card(db.current(), cycle, card.frozen.scorecard)
    return _use(cycle, fresh, version)


def _use(cycle: CycleRow, card: weights.Card, version: str) -> Any:
    weights.use_version(db.current(), cycle, card, version, by=who())
    if not policies.allowed(lambda: policies.check_can_score(cycle.state, job_running=False)):
        return _back(card)  # the first scoring will use it
    session, now = db.current(), clock.seconds()
    return started_job(jobs.request_score(session, settings(), cycle=cycle, now=now, by=who()))


def _adopt(cycle: CycleRow, card: weights.Card, version: str) -> Any:
    sent = request.form
    organ, document = (one_line(sent.get(name, ""))[:200] for name in ("organ", "document"))
    adoption = Adoption(policies.ADOPTED, organ, document, read_date(sent.get("date", "")))
    weights.adopt_version(db.current(), cycle, card, version, adoption, by=who())
    return _back(card)


def _withdraw(cycle: CycleRow, card: weights.Card, version: str) -> Any:
    reason = one_line(request.form.get("reason", ""))[:1000]
    weights.withdraw_version(db.current(), cycle, card, version, reason, by=who())
    return _back(card)


def _back(card: weights.Card) -> Any:
    return redirect(url_for("weights.overview", _anchor=card.frozen.scorecard), 303)


_SENT: Mapping[str, Callable[[CycleRow, weights.Card, PointsSheet], Any]] = {
    "check": _check,
    "preview": _try,
    "save": _save,
    "use": _save_and_use,
}
_DECIDED: Mapping[str, Do] = {"use": _use, "adopt": _adopt, "withdraw": _withdraw}
"""Button → what it does."""
