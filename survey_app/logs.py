"""What the server may write down: no address from which anybody came, no key that stands in the
address of a page, whoever words the line."""

from __future__ import annotations

import logging
import re

_ADDRESS = re.compile(
    r"\d{1,3}(?:\.\d{1,3}){3}"  # IPv4
    r"|[0-9A-Fa-f:]*::[0-9A-Fa-f:.]*"  # IPv6, shortened
    r"|(?:[0-9A-Fa-f]{1,4}:){6}[0-9A-Fa-f.:]+"  # IPv6 in full
)
_KEY = re.compile(r"(/(?:collect/key|invite)/)[A-Za-z0-9_-]+")
"""A page whose address lets somebody in."""


def without_addresses(text: str) -> str:
    """``text`` with a dash for keys and for all that looks like an address: rather one too many."""
    return _ADDRESS.sub("-", _KEY.sub(r"\1-", text))


class Addressless(logging.Formatter):
    """A formatter that blanks addresses and keys in all that another makes, tracebacks included."""

    def __init__(self, inner: logging.Formatter | None) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """The line without addresses."""
        return without_addresses(self._inner.format(record))


def blank_addresses(handlers: list[logging.Handler]) -> None:
    """Let these handlers write no address from now on."""
    for handler in handlers:
        handler.setFormatter(Addressless(handler.formatter))
