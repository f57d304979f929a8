"""What the two stores do each in its own way: connect, begin, and forget who came when."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from instruments.faults import Fault

PATIENCE = 15_000
"""Milliseconds to wait for other writers before a request is told that the site is busy."""
_KINDS = {"sqlite": "survey_app.stores.lite", "postgresql": "survey_app.stores.postgres"}


class Store(Protocol):
    """One kind of store."""

    insert: Any
    """Its INSERT that may say ON CONFLICT DO NOTHING."""

    def make_engine(self, address: str) -> Engine:
        """An engine whose every connection is durable and whose transactions begin by our rule:
        readers see one consistent state, writers wait for each other, those who share do not."""

    def check_server(self, engine: Engine) -> None:
        """Refuse a server whose settings would lose answers or keep who came when."""

    def forget_order(self, engine: Engine) -> None:
        """After each commit: drop what tells which rows were written together."""

    def forget_layout(self, engine: Engine) -> list[Fault]:
        """When a cycle closes: write trainees' rows anew in key order, since their places would
        tell which came first. Returns what may keep the order all the same."""


def store_of(address: str | Engine) -> Store:
    """The store of an address or of an engine."""
    url = address.url if isinstance(address, Engine) else make_url(address)
    found: Any = import_module(_KINDS[url.get_backend_name()])
    return found
