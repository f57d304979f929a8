"""Sheets to print or save: tickets with QR codes, accounts; cells safe in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import segno
from markupsafe import Markup

from instruments.catalogue_sheets import PARTS
from survey_app.phrases import phrase
from survey_app.services.assignments import VisitLine
from survey_app.services.board_links import BoardLink
from survey_app.services.invite import Invitation
from survey_app.services.issue import Slip

_BORDER = 2
"""Modules left white around a code."""


def qr_code(address: str) -> Markup:
    """The address as a QR code in SVG, as part of a page."""
    return Markup(_qr(address).svg_inline(border=_BORDER, omitsize=True))  # our own drawing


def qr_svg(address: str) -> str:
    """The same as an SVG document of its own."""
    picture = io.BytesIO()
    _qr(address).save(picture, kind="svg", border=_BORDER, xmldecl=False, omitsize=True)
    return picture.getvalue().decode()


def _qr(address: str) -> segno.QRCode:
    return segno.make(address, error="m", micro=False)


def slips_csv(slips: Sequence[Slip]) -> str:
    """Tickets as CSV."""
    rows = [(s.class_code, s.session, s.code, s.address) for s in slips]
    return _table(("班级代码", "场次代码", "答题码", "网址"), rows)


def board_links_csv(links: Sequence[BoardLink]) -> str:
    """Links of class boards as CSV, to be sent one by one."""
    classes = [(one.place.training_class, one.address) for one in links]
    rows = [(row.code, row.name, at) for row, at in classes]
    return _table(("班级代码", "班级", "看板链接"), rows)


def invitations_csv(invitations: Sequence[Invitation]) -> str:
    """Fresh invitations as CSV."""
    people = [(i.invitee, i.address) for i in invitations]
    rows = [(phrase(f"role.{p.role}"), p.unit, p.name, p.login, at) for p, at in people]
    return _table(("身份", "代码", "名称", "登录名", "链接"), rows)


def visits_csv(lines: Sequence[VisitLine]) -> str:
    """Visits as the catalogue's sheet 实地调研 in a folder of CSVs."""
    [part] = [part for part in PARTS if part.part == "visits"]
    rows = [[str(getattr(line, field.name)) for field in part.fields] for line in lines]
    return _table([field.title for field in part.fields], rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue()


def _safe(cell: str) -> str:
    """A cell that a spreadsheet will not take for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
