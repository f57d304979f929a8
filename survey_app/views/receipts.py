"""The published list of receipts: anybody finds the own one, and tells nobody which it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, render_template

from instruments.merkle import DIGITS, PARTS, heads, receipt_number
from survey_app import db
from survey_app.errors import Refused
from survey_app.protection import public
from survey_app.services.receipts import published_lists, published_parts

pages = Blueprint("receipts", __name__, url_prefix="/receipts")


@pages.get("/")
@public
def listing() -> Any:
    """Every list with its head; a receipt typed here is looked for by the phone itself."""
    lists = published_lists(db.current())
    return render_template("receipt_lists.html", lists=lists, parts=PARTS)


@pages.get("/<cycle>/<edition>/<part>")
@public
def part_page(cycle: str, edition: str, part: str) -> Any:
    """Receipts that begin with two digits, to read without a script."""
    numbers = sorted(map(receipt_number, _leaves(cycle, edition, part)))
    return render_template("receipt_part.html", numbers=numbers, part=part, digits=DIGITS)


@pages.get("/<cycle>/<edition>/<part>.txt")
@public
def part_file(cycle: str, edition: str, part: str) -> Any:
    """Leaves of one part, one a line."""
    return _lines(_leaves(cycle, edition, part))


@pages.get("/<cycle>/<edition>/heads.txt")
@public
def heads_file(cycle: str, edition: str) -> Any:
    """The head of each part, one a line."""
    return _lines(heads(published_parts(db.current(), cycle=cycle, edition=edition)))


def _leaves(cycle: str, edition: str, part: str) -> Sequence[bytes]:
    parts = published_parts(db.current(), cycle=cycle, edition=edition)
    if part not in parts:
        raise Refused("no_such_receipt", 404)
    return parts[part]


def _lines(hashes: Sequence[bytes]) -> Response:
    return Response("".join(f"{one.hex()}\n" for one in hashes), mimetype="text/plain")
