"""A small open site that runs, seen from outside and from inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from instruments.programme import Catalogue
from site_for_tests import Site, build, filled
from survey_app.demo.server import free_port, running_site


@dataclass(frozen=True)
class Plain:
    """The running site's address, and the same store from inside."""

    address: str
    site: Site

    def receipt(self) -> str:
        """One answer to class C1 is sent; the address of its receipt."""
        visitor, [ticket] = self.site.visitor(), self.site.tickets(count=1)
        form = filled(self.site, visitor.get("/c/C1/form").text, ticket)
        reply = visitor.post("/c/C1/form", data=form)
        assert reply.status_code == 303
        return str(reply.location)


@contextmanager
def running_plain_site(home: Path, content: Catalogue | None = None) -> Iterator[Plain]:
    """The sample catalogue of two classes, or ``content``, open, in ``home``."""
    made = build(home, base_url="http://127.0.0.1:8000", content=content)
    with running_site(made.home, free_port(0)) as address:
        yield Plain(address, made)
    made.engine.dispose()
