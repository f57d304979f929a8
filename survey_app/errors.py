"""A refusal that a person reads: its fault from the library, and the status it answers with."""

from __future__ import annotations

from instruments.faults import Fault, fault


class Refused(Exception):  # noqa: N818
    """The site says no, why, and what to do.

    ``field`` names the form field it concerns, ``wait`` the seconds after which to try again.
    """

    def __init__(
        self, code: str, status: int, *, field: str = "", wait: int = 0, **details: object
    ) -> None:
        if wait:
            details["seconds"] = wait
        self.fault: Fault = fault(f"site.{code}", None, **details)
        self.status, self.field, self.wait = status, field, wait
        super().__init__(str(self.fault))
