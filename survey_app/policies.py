"""Who may do what, and when: every rule of state and permission, pure and in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from survey_app.errors import Refused

PREPARING, OPEN, CLOSED, SEALED, SCORED = "准备", "开放", "关闭", "已封存", "已评分"
FOLLOWUP_OPEN, FOLLOWUP_CLOSED = "跟踪开放", "跟踪关闭"
FOLLOWUP_SEALED, FOLLOWUP_SCORED = "跟踪已封存", "跟踪已评分"
STATES = (
    *(PREPARING, OPEN, CLOSED, SEALED, SCORED),
    *(FOLLOWUP_OPEN, FOLLOWUP_CLOSED, FOLLOWUP_SEALED, FOLLOWUP_SCORED),
)
"""A cycle goes through them in this order."""
OPEN_IN: Mapping[str, str] = {"end": OPEN, "followup": FOLLOWUP_OPEN}
"""Wave of an instrument → the one state in which it takes answers."""
REPORTERS = ("institution", "locality", "school", "recorder")
"""Roles that hand in records."""
ROLES = ("province", "expert", *REPORTERS)
NO_CONFLICT, CONFLICT = "none", "conflict"
QUEUED, RUNNING, DONE, FAILED = "等待", "进行中", "完成", "失败"
UNBEGUN, DRAFT, SUBMITTED, RETURNED, ASIDE = "未开始", "草稿", "已提交", "已退回", "冲突"
"""States of a record; ``ASIDE`` is a copy that was saved elsewhere meanwhile."""

USED, ADOPTED, WITHDRAWN = "用于通报", "已采用", "撤回"
"""What can become of a version of the points after it was proposed."""
DRAFT_PRINT, ISSUED = "征求意见稿", "印发"
"""What the particulars of a bulletin can say of it."""
SCORE, PREVIEW, PRINT, MEETING, PLAN = "score", "preview", "print", "meeting", "plan"
"""Kinds of jobs: score, try other points, print again, print for a meeting, plan visits."""


def allowed(check: Callable[[], None]) -> bool:
    """``can_x``: whether ``check`` passes."""
    try:
        check()
    except Refused:
        return False
    return True


def check_role(role: str, needed: tuple[str, ...]) -> None:
    """A page belongs to one role, or to several."""
    if role not in needed:
        raise Refused("wrong_role", 403)


def check_can_import(state: str) -> None:
    """A catalogue may be replaced until the cycle opens; a new one may follow a sealed one."""
    if state in (OPEN, CLOSED, FOLLOWUP_OPEN, FOLLOWUP_CLOSED):
        raise Refused("import_late", 409, state=state)


def check_can_change_sources(state: str) -> None:
    """Instruments, framework and plan are frozen when the cycle opens."""
    if state != PREPARING:
        raise Refused("sources_frozen", 409, state=state)


def check_can_open(state: str) -> None:
    """Only a cycle in preparation opens; only a scored one opens again, for the follow-up."""
    if state not in (PREPARING, SCORED):
        raise Refused("not_preparing", 409, state=state)


def check_can_answer(state: str, wave: str = "end") -> None:
    """Answers are taken while the wave of their instrument is open, from everybody alike."""
    if not begun(state, wave):
        raise Refused("cycle_not_open", 403)
    if over(state, wave):
        raise Refused("cycle_closed", 410)


def spares(enrolled: int) -> int:
    """How many slips may be issued beyond those enrolled, for lost ones: a tenth, three at least.
    A lost slip cannot be told from others and stays valid, so that each spare is a vote more."""
    return max(3, enrolled // 10)


def check_can_issue(
    state: str, *, wave: str, enrolled: int, issued: int, count: int, spare: bool = False
) -> None:
    """Tickets are issued while open, never more of them than trainees enrolled, and ``spare`` ones
    when all of those are out."""
    if state != OPEN_IN[wave]:
        raise Refused("issue_not_open", 409, state=state)
    told: dict[str, Any] = {"enrolled": enrolled, "issued": issued, "count": count}
    if spare and (issued < enrolled or count < 1 or issued + count > enrolled + spares(enrolled)):
        raise Refused("spare_too_many", 409, most=spares(enrolled), **told)
    if not spare and (count < 1 or issued + count > enrolled):
        raise Refused("issue_too_many", 409, **told)


def wave_open(state: str) -> str:
    """The wave that is answered in this state of the cycle."""
    return next(wave for wave, opened in OPEN_IN.items() if opened == state)


def begun(state: str, wave: str) -> bool:
    """Whether answers of this wave have ever been taken."""
    return STATES.index(state) >= STATES.index(OPEN_IN[wave])


def over(state: str, wave: str) -> bool:
    """Whether no answer of this wave will come any more."""
    return STATES.index(state) > STATES.index(OPEN_IN[wave])


def check_can_close(state: str) -> None:
    """Only an open cycle closes."""
    if state not in OPEN_IN.values():
        raise Refused("not_open", 409, state=state)


def check_can_extract(state: str) -> None:
    """An extract is written once for each edition, from a closed cycle."""
    if state not in (CLOSED, FOLLOWUP_CLOSED):
        raise Refused("not_closed", 409, state=state)


def check_can_score(state: str, *, job_running: bool) -> None:
    """Scoring needs the sealed extract, and one job runs at a time."""
    if state not in (SEALED, SCORED, FOLLOWUP_SEALED, FOLLOWUP_SCORED):
        raise Refused("not_sealed", 409, state=state)
    if job_running:
        raise Refused("job_running", 409)


def check_can_preview(state: str, *, job_running: bool) -> None:
    """What other points would move shows beside a bulletin, hence once there is one."""
    if state not in (SCORED, FOLLOWUP_SCORED):
        raise Refused("preview_early", 409, state=state)
    if job_running:
        raise Refused("job_running", 409)


def check_can_print(evaluation: str, *, job_running: bool) -> None:
    """A bulletin is written again from the results that there are."""
    if not evaluation:
        raise Refused("no_bulletin", 409)
    if job_running:
        raise Refused("job_running", 409)


def check_can_say(status: str, *, sample: bool, proposed: list[str], signed: bool) -> None:
    """A bulletin is issued by an organ on a day, of real data, by frameworks that are adopted."""
    if status not in (DRAFT_PRINT, ISSUED):
        raise Refused("page_damaged", 400)
    if status == ISSUED and sample:
        raise Refused("issue_sample", 409)
    if status == ISSUED and proposed:
        raise Refused("issue_proposed", 409, scorecards="、".join(proposed))
    if status == ISSUED and not signed:
        raise Refused("issue_unsigned", 422)


def check_can_meet(status: str) -> None:
    """What goes before a meeting is not issued yet, and never will be: it is marked for good."""
    if status == ISSUED:
        raise Refused("meeting_issued", 409)


def check_can_be_published(kind: str) -> None:
    """A cycle's bulletin comes from its scoring: never from what was tried, or printed for a
    meeting."""
    if kind != SCORE:
        raise Refused("not_for_publication", 409)


def results_visible(state: str) -> bool:
    """Whether results could be seen: a sealed extract can be scored by whoever holds it."""
    return STATES.index(state) >= STATES.index(SEALED)


def check_in_force(version: str, *, withdrawn: bool, outdated: bool) -> None:
    """A version is used or adopted as long as it is not withdrawn and fits what is frozen."""
    if withdrawn:
        raise Refused("version_withdrawn", 409, version=version)
    if outdated:
        raise Refused("version_outdated", 409, version=version)


def next_state(state: str) -> str:
    """The state after ``state``; a scored cycle that is scored again stays scored."""
    return STATES[STATES.index(state) + 1]


def check_can_assign(state: str, *, begun: Sequence[str] = ()) -> None:
    """Until the cycle closes; a visit that has ``begun`` stays with its expert."""
    if state not in (PREPARING, OPEN):
        raise Refused("assign_late", 409, state=state)
    if begun:
        raise Refused("visit_begun", 409, stops="、".join(begun[:5]))


def check_can_plan(state: str, *, job_running: bool) -> None:
    """A plan is proposed as long as it can be put into force, and one job runs at a time."""
    check_can_assign(state)
    if job_running:
        raise Refused("job_running", 409)


def check_can_visit(expert: str, assigned: str) -> None:
    """An expert sees the own visits only; another's do not exist for them."""
    if expert != assigned:
        raise Refused("no_such_visit", 404)


def check_can_declare(state: str, *, declaration: str, signed: bool) -> None:
    """The declaration on recusal is made once, while the cycle is open."""
    check_can_answer(state)
    if signed or declaration:
        raise Refused("declared_already", 409)


def check_declared(declaration: str) -> None:
    """Whoever judges has declared, and has no conflict."""
    if not declaration:
        raise Refused("declare_first", 403)
    if declaration == CONFLICT:
        raise Refused("recused", 403)


def check_can_observe(state: str, *, declaration: str, signed: bool) -> None:
    """A record needs a declaration without conflict and is locked by the signature."""
    check_can_answer(state)
    check_declared(declaration)
    if signed:
        raise Refused("visit_signed", 409)


def check_can_sign(state: str, *, declaration: str, signed: bool, incomplete: list[str]) -> None:
    """A visit is signed when each of its sessions is recorded in full."""
    check_can_observe(state, declaration=declaration, signed=signed)
    if incomplete:
        raise Refused("visit_incomplete", 409, sessions="、".join(incomplete))


def check_own(*, role: str, unit: str, owner_role: str, owner: str) -> None:
    """An account opens what its own unit owes; anybody else's does not exist for it."""
    if (role, unit) != (owner_role, owner):
        raise Refused("no_such_record", 404)


def check_unlocked(record: str) -> None:
    """A record is locked by its submission."""
    if record == SUBMITTED:
        raise Refused("record_submitted", 409)


def check_can_fill(state: str, wave: str, record: str) -> None:
    """A record is filled while its wave is open and it is not submitted; so long its owner may be
    reminded of it."""
    check_can_answer(state, wave)
    check_unlocked(record)


def check_can_return(state: str, wave: str, record: str, role: str, *, reason: str) -> None:
    """A submitted record goes back, with a reason, while it can still be filled; what an expert
    has signed does not."""
    check_can_answer(state, wave)
    if role not in REPORTERS:
        raise Refused("signed_for_good", 409)
    if record != SUBMITTED:
        raise Refused("not_submitted", 409)
    if not reason.strip():
        raise Refused("reason_missing", 422)


def check_can_check(state: str, wave: str, record: str) -> None:
    """Fields of a submitted record are checked until its wave is sealed."""
    closed = STATES[STATES.index(OPEN_IN[wave]) + 1]
    if state not in (OPEN_IN[wave], closed):
        raise Refused("check_late", 409, state=state)
    if record != SUBMITTED:
        raise Refused("not_submitted", 409)


def check_can_try(now: int, until: int, *, kind: str) -> None:
    """Whoever has tried a password, or a place on a roster, in vain waits, longer each time."""
    if now < until:
        raise Refused(f"{kind}_wait", 429, wait=until - now)


def login_delay(attempts: int) -> int:
    """Seconds a login waits after so many attempts in a row: none, then 5, 10, 20 … 900."""
    return growing_delay(attempts - 3, most=900)


def network_delay(attempts: int) -> int:
    """Seconds a network waits: many sit behind one address, so more is free and less is waited."""
    return growing_delay(attempts - 30, most=60)


def growing_delay(step: int, *, most: int) -> int:
    """Nothing before step 0, then 5 seconds and twice as many at each step, up to ``most``."""
    return 0 if step < 0 else min(5 * 2 ** min(step, 20), most)
