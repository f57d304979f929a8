"""An expert whose phone has ODK Collect, connected as the site's page says."""

from __future__ import annotations

import re

from openrosa_client import Collect, Form, Instance, fill, through_flask

from site_for_tests import Site, Staff

DIMENSIONS = ("e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8a", "e8b")
AUDIT = (
    b"event,node,start,end\nform start,,1625205600000,\nquestion,/data/header/due,1625205601000,1\n"
)
FULL = {
    "due": "40",
    "present": "39",
    "lecturer_as_planned": "yes",
    **{name: "3" for name in DIMENSIONS},
    **{f"{name}_evidence": f"{name}的依据" for name in DIMENSIONS},
    "e4": "unseen",
    "e4_evidence": "不该有的依据",
    "strength": "学员都动手，\n当场改进。",
}
"""Answers to the whole rubric; one dimension was not seen, so that its evidence is not asked."""


def server_for(expert: Staff) -> str:
    """Make a key on the expert's page; the address of the server that Collect is given."""
    page = expert.post("/expert/collect/", do="make")
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    found = re.search(r"<code>(http[^<]+)</code>", page.text)
    assert found
    return found[1]


def connected(site: Site, expert: Staff, **more) -> Collect:
    """A phone with the expert's key."""
    return Collect(server_for(expert), through_flask(site.visitor()), **more)


def observed(form: Form, about: str = "V1.S1", **changes) -> Instance:
    """The whole rubric filled about a session, with some answers changed."""
    own = {name: changes.pop(name) for name in ("replaces", "audit") if name in changes}
    return fill(form, {"About": about, **FULL, **changes}, **own)
