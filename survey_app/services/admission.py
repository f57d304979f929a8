"""What lets one answer in: a credential that names nobody, known by its digest and spent once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey_app.blind_rsa import PublicKey
from survey_app.services import tickets, tokens


@dataclass(frozen=True)
class Admission:
    """A credential of one kind (a key of ``_SPEND``), as the store knows it."""

    kind: str
    digest: str


def by_ticket(key: bytes, code: str) -> Admission:
    """The ticket with this code, which need not exist."""
    return Admission("ticket", tickets.digest(key, code))


def by_token(public: PublicKey, text: str) -> Admission | None:
    """The token that a phone has sent; None unless ``public`` has signed it."""
    digest = tokens.read_token(public, text)
    return Admission("token", digest) if digest else None


def spend(db: Session, admission: Admission, *, target: str) -> str:
    """Spend it on ``target``: 'spent now', 'spent before' or 'unknown'."""
    return _SPEND[admission.kind](db, target=target, digest=admission.digest)


def is_spent(db: Session, admission: Admission, *, target: str) -> bool:
    """Whether it has been spent on ``target``."""
    return standing(db, admission, target=target) == "spent"


def standing(db: Session, admission: Admission, *, target: str) -> str:
    """'free', 'spent' or 'unknown' for ``target``; spends nothing."""
    return _STANDING[admission.kind](db, target=target, digest=admission.digest)


_SPEND: Mapping[str, Callable[..., str]] = {
    "ticket": tickets.spend_ticket,
    "token": tokens.spend_token,
}
_STANDING: Mapping[str, Callable[..., str]] = {
    "ticket": tickets.standing,
    "token": tokens.standing,
}
