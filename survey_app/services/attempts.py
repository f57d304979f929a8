"""Guessing slows down: every attempt at a password is counted before the password is checked.

Kept are keyed digests alone, for a day: of the login, whether it exists or not, and of the network
it was tried from. The networks' key lives in this process only: no file leads back to an address.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from survey_app import policies
from survey_app.models import AttemptRow

KEPT_SECONDS = 86_400
_PREFIX = {4: 24, 6: 48}
"""IP version → bits that tell networks apart; the rest of an address is never looked at."""
_NETWORK_KEY = secrets.token_bytes(32)


@dataclass(frozen=True)
class Attempt:
    """Digests of the login that is tried and of the network that tries."""

    login: str
    network: str


def attempt_at(login: str, *, address: str, key: bytes) -> Attempt:
    """An attempt at ``login`` from ``address``."""
    return Attempt(_digest(key, login), _digest(_NETWORK_KEY, _network(address)))


def count_attempt(db: Session, attempt: Attempt, *, now: int) -> None:
    """Count an attempt, to be committed before the password is checked; refuses one too soon."""
    db.execute(delete(AttemptRow).where(AttemptRow.until < now - KEPT_SECONDS))
    login, network = (_row(db, digest) for digest in (attempt.login, attempt.network))
    policies.check_can_try(now, max(login.until, network.until))
    login.count, network.count = login.count + 1, network.count + 1
    login.until = now + policies.login_delay(login.count)
    network.until = now + policies.network_delay(network.count)


def forgive_attempt(db: Session, attempt: Attempt) -> None:
    """The password fitted: the login starts afresh, and its network is not charged for it."""
    db.execute(delete(AttemptRow).where(AttemptRow.digest == attempt.login))
    one_less = update(AttemptRow).where(AttemptRow.digest == attempt.network)
    db.execute(one_less.values(count=AttemptRow.count - 1))


def _row(db: Session, digest: str) -> AttemptRow:
    row = db.get(AttemptRow, digest)
    if row is None:
        row = AttemptRow(digest=digest, count=0, until=0)
        db.add(row)
    return row


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""  # a proxy that names nobody: all who come by it share one network
    return str(ipaddress.ip_network((found, _PREFIX[found.version]), strict=False))


def _digest(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
