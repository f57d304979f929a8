"""Who may do what, and when: every rule of state and permission, pure and in one place."""

from __future__ import annotations

from collections.abc import Callable

from survey_app.errors import Refused

PREPARING, OPEN, CLOSED, SEALED, SCORED = "准备", "开放", "关闭", "已封存", "已评分"
STATES = (PREPARING, OPEN, CLOSED, SEALED, SCORED)
ROLES = ("province", "expert")
NO_CONFLICT, CONFLICT = "none", "conflict"
QUEUED, RUNNING, DONE, FAILED = "等待", "进行中", "完成", "失败"


def allowed(check: Callable[[], None]) -> bool:
    """``can_x``: whether ``check`` passes."""
    try:
        check()
    except Refused:
        return False
    return True


def check_role(role: str, needed: str) -> None:
    """A page belongs to one role."""
    if role != needed:
        raise Refused("wrong_role", 403)


def check_can_import(state: str) -> None:
    """A catalogue may be replaced until the cycle opens; a new one may follow a sealed one."""
    if state in (OPEN, CLOSED):
        raise Refused("import_late", 409, state=state)


def check_can_change_sources(state: str) -> None:
    """Instruments, framework and plan are frozen when the cycle opens."""
    if state != PREPARING:
        raise Refused("sources_frozen", 409, state=state)


def check_can_open(state: str) -> None:
    """Only a cycle in preparation opens."""
    if state != PREPARING:
        raise Refused("not_preparing", 409, state=state)


def check_can_answer(state: str) -> None:
    """Answers are taken while the cycle is open, from trainees and experts alike."""
    if state == PREPARING:
        raise Refused("cycle_not_open", 403)
    if state != OPEN:
        raise Refused("cycle_closed", 410)


def check_can_issue(state: str, *, enrolled: int, issued: int, count: int) -> None:
    """Tickets are issued while open, never more of them than trainees enrolled."""
    if state != OPEN:
        raise Refused("issue_not_open", 409, state=state)
    if count < 1 or issued + count > enrolled:
        raise Refused("issue_too_many", 409, enrolled=enrolled, issued=issued, count=count)


def check_can_close(state: str) -> None:
    """Only an open cycle closes."""
    if state != OPEN:
        raise Refused("not_open", 409, state=state)


def check_can_extract(state: str) -> None:
    """An extract is written once, from a closed cycle."""
    if state != CLOSED:
        raise Refused("not_closed", 409, state=state)


def check_can_score(state: str, *, job_running: bool) -> None:
    """Scoring needs the sealed extract, and one job runs at a time."""
    if state not in (SEALED, SCORED):
        raise Refused("not_sealed", 409, state=state)
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


def check_can_observe(state: str, *, declaration: str, signed: bool) -> None:
    """A record needs a declaration without conflict and is locked by the signature."""
    check_can_answer(state)
    if not declaration:
        raise Refused("declare_first", 403)
    if declaration == CONFLICT:
        raise Refused("recused", 403)
    if signed:
        raise Refused("visit_signed", 409)


def check_can_sign(state: str, *, declaration: str, signed: bool, incomplete: list[str]) -> None:
    """A visit is signed when each of its sessions is recorded in full."""
    check_can_observe(state, declaration=declaration, signed=signed)
    if incomplete:
        raise Refused("visit_incomplete", 409, sessions="、".join(incomplete))


def check_can_try(now: int, until: int) -> None:
    """Whoever has tried passwords in vain waits, longer each time."""
    if now < until:
        raise Refused("password_wait", 429, wait=until - now)


def login_delay(attempts: int) -> int:
    """Seconds a login waits after so many attempts in a row: none, then 5, 10, 20 … 900."""
    return _growing(attempts - 3, most=900)


def network_delay(attempts: int) -> int:
    """Seconds a network waits: many sit behind one address, so more is free and less is waited."""
    return _growing(attempts - 30, most=60)


def _growing(step: int, *, most: int) -> int:
    return 0 if step < 0 else min(5 * 2 ** min(step, 10), most)
