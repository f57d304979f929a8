"""A small open site that runs, seen from outside and from inside."""

from __future__ import annotations

from dataclasses import dataclass

from site_for_tests import Site, filled


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
