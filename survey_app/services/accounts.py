"""Staff accounts: argon2 passwords, sign-ins that the server can end."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete
from sqlalchemy.orm import Session

from survey_app.errors import Refused
from survey_app.models import AccountRow, SignInRow
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
    unit: str
    """Code of the institution, locality, school, recorder or expert; '' for the province."""


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
    db.add(SignInRow(digest=digest_of(secret), login=login, until=now + hours * 3600))
    return secret


def signed_in(db: Session, *, secret: str, now: int) -> Person | None:
    """The person behind a sign-in that has not run out."""
    row = db.get(SignInRow, digest_of(secret))
    if row is None or row.until < now:
        return None
    account = db.get_one(AccountRow, row.login)
    return Person(account.login, account.name, account.role, account.unit)


def sign_out(db: Session, *, secret: str) -> None:
    """End one sign-in."""
    db.execute(delete(SignInRow).where(SignInRow.digest == digest_of(secret)))


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


def create_account(
    db: Session, *, login: str, name: str, role: str, hashed: str, by: str, unit: str = ""
) -> None:
    """Add an account; refuses a login that exists."""
    if db.get(AccountRow, login):
        raise Refused("login_taken", 409, login=login)
    db.add(AccountRow(login=login, name=name, role=role, unit=unit, password=hashed))
    audit.note(db, by=by, action="account", object=login)


def digest_of(secret: str) -> str:
    """What the store knows of a secret that only a browser or a link holds."""
    return hashlib.sha256(secret.encode()).hexdigest()
