"""Guessing slows down: every attempt at a password, or at a place on a roster, is counted before it
is checked.

Kept are keyed digests alone, for a day: of what is tried, whether it exists or not, and of the
network it was tried from. The networks' key lives in this process only: no file leads back to an
address.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from survey_app import policies, token_policies
from survey_app.db import add_new
from survey_app.models import AttemptRow

KEPT_SECONDS = 86_400
_PREFIX = {4: 24, 6: 48}
"""IP version → bits that tell networks apart; the rest of an address is never looked at."""
_NETWORK_KEY = secrets.token_bytes(32)


DELAYS: Mapping[str, tuple[Callable[[int], int], Callable[[int], int]]] = {
    "password": (policies.login_delay, policies.network_delay),
    "roster": (token_policies.member_delay, token_policies.crowd_delay),
}
"""Kind of attempt → how long what is tried waits, and how long the network that tries."""


@dataclass(frozen=True)
class Attempt:
    """Digests of the login (or name) that is tried and of the network that tries."""

    login: str
    network: str
    kind: str = "password"


def attempt_at(login: str, *, address: str, key: bytes, kind: str = "password") -> Attempt:
    """An attempt of a kind (of ``DELAYS``) at ``login`` from ``address``."""
    network = _network(address)
    if kind != "password":  # what a class does must not keep its staff from signing in
        login, network = f"{kind}|{login}", f"{kind}|{network}"
    return Attempt(_digest(key, login), _digest(_NETWORK_KEY, network), kind)


def count_attempt(db: Session, attempt: Attempt, *, now: int) -> None:
    """Count an attempt, to be committed before the password is checked; refuses one too soon."""
    db.execute(delete(AttemptRow).where(AttemptRow.until < now - KEPT_SECONDS))
    login, network = (_row(db, digest) for digest in (attempt.login, attempt.network))
    login_delay, network_delay = DELAYS[attempt.kind]
    delayed = ((login, login_delay), (network, network_delay))
    # who waits for nothing is not refused either, when another has read the clock a moment later
    until = max((row.until for row, delay in delayed if delay(row.count)), default=0)
    policies.check_can_try(now, until, kind=attempt.kind)
    login.count, network.count = login.count + 1, network.count + 1
    login.until = now + login_delay(login.count)
    network.until = now + network_delay(network.count)


def forgive_attempt(db: Session, attempt: Attempt) -> None:
    """It fitted: the login starts afresh, and its network is not charged for it."""
    db.execute(delete(AttemptRow).where(AttemptRow.digest == attempt.login))
    one_less = update(AttemptRow).where(AttemptRow.digest == attempt.network)
    db.execute(one_less.values(count=AttemptRow.count - 1))


def _row(db: Session, digest: str) -> AttemptRow:
    """The row of a digest, held by this transaction until its end: of attempts that come together
    each counts on what the other has left, whether or not a lock keeps writers apart."""
    add_new(db, AttemptRow, digest=digest, count=0, until=0)
    return db.get_one(AttemptRow, digest, with_for_update=True, populate_existing=True)


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""  # a proxy that names nobody: all who come by it share one network
    return str(ipaddress.ip_network((found, _PREFIX[found.version]), strict=False))


def _digest(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()
