"""Staff accounts: argon2 passwords, sign-ins that the server can end."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from survey_app.errors import Refused
from survey_app.models import AccountRow, ExpertRow, SignInRow
from survey_app.services import audit
from survey_app.services.tickets import ALPHABET

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_hex(16))
"""Checked when there is no such account, so that answers take equally long."""
MINIMUM_LENGTH = 10


@dataclass(frozen=True)
class Person:
    """Who is signed in."""

    login: str
    name: str
    role: str
    expert: str


@dataclass(frozen=True)
class NewAccount:
    """An account whose password is shown once."""

    login: str
    name: str
    password: str


def new_password() -> str:
    """A password to be typed from paper: 16 signs, 79 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def hash_password(password: str) -> str:
    """Argon2 hash; slow on purpose, so call it before taking the write lock."""
    return _HASHER.hash(password)


def check_password(db: Session, *, login: str, password: str) -> bool:
    """Whether login and password fit; takes as long when there is no such login. Reads only."""
    account = db.get(AccountRow, login)
    try:
        fits = _HASHER.verify(account.password if account else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return fits and account is not None


def sign_in(db: Session, *, login: str, now: int, hours: int) -> str:
    """Begin a sign-in and return its secret; older ones that have run out are removed."""
    db.execute(delete(SignInRow).where(SignInRow.until < now))
    secret = secrets.token_urlsafe(32)
    db.add(SignInRow(digest=_digest(secret), login=login, until=now + hours * 3600))
    return secret


def signed_in(db: Session, *, secret: str, now: int) -> Person | None:
    """The person behind a sign-in that has not run out."""
    row = db.get(SignInRow, _digest(secret))
    if row is None or row.until < now:
        return None
    account = db.get_one(AccountRow, row.login)
    return Person(account.login, account.name, account.role, account.expert)


def sign_out(db: Session, *, secret: str) -> None:
    """End one sign-in."""
    db.execute(delete(SignInRow).where(SignInRow.digest == _digest(secret)))


def check_new_password(new: str, again: str) -> None:
    """A new password is long enough and typed the same twice."""
    if len(new) < MINIMUM_LENGTH:
        raise Refused("password_short", 422, field="new", minimum=MINIMUM_LENGTH)
    if new != again:
        raise Refused("password_differs", 422, field="again")


def replace_password(db: Session, *, login: str, hashed: str) -> None:
    """Set one's own password and end every sign-in of the account."""
    db.get_one(AccountRow, login).password = hashed
    db.execute(delete(SignInRow).where(SignInRow.login == login))
    audit.note(db, by=login, action="password", object=login)


def create_account(db: Session, *, login: str, name: str, role: str, hashed: str, by: str) -> None:
    """Add an account; refuses a login that exists."""
    if db.get(AccountRow, login):
        raise Refused("login_taken", 409, login=login)
    db.add(AccountRow(login=login, name=name, role=role, expert="", password=hashed))
    audit.note(db, by=by, action="account", object=login)


def experts_without_account(db: Session, cycle: str) -> list[ExpertRow]:
    """Experts of the cycle who cannot sign in yet, by code."""
    known = select(AccountRow.login)
    query = select(ExpertRow).where(ExpertRow.cycle == cycle, ExpertRow.code.not_in(known))
    return list(db.scalars(query.order_by(ExpertRow.code)))


def add_expert_accounts(db: Session, accounts: dict[NewAccount, str], *, by: str) -> None:
    """Store accounts of experts; ``accounts`` maps each to the hash of its password."""
    for account, hashed in accounts.items():
        values = {"login": account.login, "name": account.name, "role": "expert"}
        values |= {"expert": account.login, "password": hashed}
        added = insert(AccountRow).values(**values).on_conflict_do_nothing()
        if db.connection().execute(added).rowcount:
            audit.note(db, by=by, action="account", object=account.login)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
