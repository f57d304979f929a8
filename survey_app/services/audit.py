"""The audit 操作记录: which member of staff changed what, and when. No trainee is ever in it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app import clock
from survey_app.models import AuditRow

COMMAND = ""
"""Stands for a login where somebody acted by the command on the server."""
NAMED = 5
"""Classes or sessions that a line names one by one."""
PAGE = 50
"""Lines of one page."""
ACTIONS = (
    "import",
    "sources",
    "instrument_publish",
    "instrument_use",
    "open",
    "close",
    "extract",
    "score",
    "tickets",
    "tickets_anew",
    "tickets_spare",
    "roster",
    "tokens_close",
    "paper_first",
    "paper_matched",
    "paper_settled",
    "paper_dropped",
    "account",
    "account_end",
    "password",
    "declare_none",
    "declare_conflict",
    "record",
    "record_conflict",
    "record_aside",
    "collect_key",
    "collect_end",
    "sign",
    "sign_aside",
    "amend",
    "training",
    "filing",
    "filing_submit",
    "filing_aside",
    "filing_return",
    "filing_check",
    "remind",
    "remind_class",
    "board_link",
    "board_renew",
    "board_revoke",
    "invite",
    "weights",
    "weights_preview",
    "weights_use",
    "weights_adopt",
    "weights_withdraw",
    "printing",
    "print",
    "meeting",
    "visits_propose",
    "visits_assign",
)
"""What can be noted; the words are in the phrases, under ``audit.``."""


@dataclass(frozen=True)
class AuditLine:
    """One change, as the province reads it."""

    at: str
    by: str
    action: str
    object: str


@dataclass(frozen=True)
class AuditPage:
    """Lines of one page, and the numbers of the pages beside it, 0 where there is none."""

    lines: tuple[AuditLine, ...]
    newer: int
    older: int


def note(db: Session, *, by: str, action: str, object: str) -> None:
    """Add to the audit, in the transaction of the change itself: both are kept, or neither."""
    if action not in ACTIONS:
        raise ValueError(action)
    at = clock.now().isoformat(timespec="microseconds")
    db.add(AuditRow(id=secrets.token_hex(16), at=at, by=by, action=action, object=object))


def read_page(db: Session, number: int) -> AuditPage:
    """One page of the audit, newest first."""
    newest = select(AuditRow).order_by(AuditRow.at.desc(), AuditRow.id)
    rows = list(db.scalars(newest.offset((number - 1) * PAGE).limit(PAGE + 1)))
    lines = [AuditLine(_moment(row.at), row.by, row.action, row.object) for row in rows[:PAGE]]
    return AuditPage(tuple(lines), number - 1, number + 1 if len(rows) > PAGE else 0)


def _moment(at: str) -> str:
    return datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M:%S")
