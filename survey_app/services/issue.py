"""Issue tickets for a class, a session, or all of them, to be printed once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app import policies
from survey_app.errors import Refused
from survey_app.models import ClassRow, SessionRow
from survey_app.services import audit
from survey_app.services.paper import destroy_entries
from survey_app.services.places import FIND, Place
from survey_app.services.tickets import issue_tickets, issued_tickets, withdraw_unspent
from survey_app.services.windows import issued_tokens


@dataclass(frozen=True)
class Slip:
    """One ticket to be handed out."""

    class_code: str
    session: str
    heading: str
    code: str
    address: str


def issue_slips(
    db: Session,
    *,
    key: bytes,
    base_url: str,
    places: list[Place],
    count: int | None,
    anew: bool,
    by: str,
    spare: bool = False,
) -> list[Slip]:
    """Slips for each place: ``count`` of them, or as many as are enrolled and lack one (whoever is
    on a roster has a token). With ``anew`` the unspent ones are made void first;
    ``spare`` ones stand in for lost ones."""
    slips = []
    issued, tokens = {} if anew else issued_tickets(db), issued_tokens(db)
    for place in places:
        if anew:
            withdraw_unspent(db, target=place.target)
            destroy_entries(db, by=by, target=place.target)
            issued = issued_tickets(db)
        have = issued.get(place.target, 0) + tokens.get(place.target, 0)
        enrolled = place.training_class.enrolled
        wanted = enrolled - have if count is None else count
        if count is None and wanted <= 0:  # spares may have gone beyond those enrolled
            continue
        state = place.cycle.state
        policies.check_can_issue(
            state, wave=place.wave, enrolled=enrolled, issued=have, count=wanted, spare=spare
        )
        codes = issue_tickets(db, key=key, target=place.target, count=wanted)
        slips += [_slip(place, code, base_url) for code in codes]
    if not slips:
        raise Refused("issue_all", 409)
    action = "tickets_spare" if spare else "tickets_anew" if anew else "tickets"
    _note_issued(db, [place.code for place in places], len(slips), action, by)
    return slips


def places_of(db: Session, *, cycle: str, scope: str, code: str) -> list[Place]:
    """One class or session, or all of them in the cycle by code; 'followups' are all classes at
    the follow-up."""
    if scope in FIND:
        return [FIND[scope](db, code)]
    classes = db.scalars(select(ClassRow.code).where(ClassRow.cycle == cycle)).all()
    if scope in ("classes", "followups"):
        find = FIND["class" if scope == "classes" else "followup"]
        return [find(db, found) for found in sorted(classes)]
    if scope != "sessions":
        raise Refused("page_damaged", 400)
    sessions = db.scalars(select(SessionRow.code).where(SessionRow.class_code.in_(classes)))
    return [FIND["session"](db, found) for found in sorted(sessions)]


def _note_issued(db: Session, codes: list[str], count: int, action: str, by: str) -> None:
    named = " ".join(codes[: audit.NAMED]) + (f" … {codes[-1]}" if len(codes) > audit.NAMED else "")
    audit.note(db, by=by, action=action, object=f"{named} × {count}")


def _slip(place: Place, code: str, base_url: str) -> Slip:
    address = f"{address_of(place, base_url)}#{code.replace('-', '')}"
    session = place.session.code if place.session else ""
    return Slip(place.training_class.code, session, place.heading, code, address)


def address_of(place: Place, base_url: str) -> str:
    """Where the form of ``place`` is, without a ticket."""
    return f"{base_url.rstrip('/')}/{place.door}/{place.code}"
