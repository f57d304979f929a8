"""Serves the site with gunicorn: many threads, several processes where the store takes them."""

from __future__ import annotations

import errno
import gc
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.logging import default_handler
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from instruments.faults import Fault, FaultsFound, fault
from survey_app import db
from survey_app.affinity import keep_to_one
from survey_app.assembly import assemble
from survey_app.config import Settings
from survey_app.logs import blank_addresses
from survey_app.services.programme import find_cycle, programme_of


class _Log(Logger):
    """gunicorn's log, which would name the sender of a malformed request."""

    def setup(self, cfg: Any) -> None:
        """Blank addresses in every line."""
        super().setup(cfg)
        blank_addresses([*self.error_log.handlers, *self.access_log.handlers])


class _Site(BaseApplication):
    def __init__(self, home: Path, options: dict[str, Any]) -> None:
        self.home, self.options = home, options
        super().__init__()

    def load_config(self) -> None:
        """Take our options over gunicorn's own."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application, made in the worker."""
        blank_addresses([default_handler])
        site = assemble(self.home)
        _warm_up(site)
        return site


def port_fault(host: str, port: int) -> Fault | None:
    """Why the site could not listen there, or None."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        code = _PORT_FAULTS.get(error.errno or 0, "site.host_unusable")
        return fault(code, host=host, port=port)
    return None


def port_remark(base_url: str, port: int) -> Fault | None:
    """What to say where printed addresses lead to this machine and to another port, or None."""
    address = urlsplit(base_url)
    printed = address.port or {"http": 80, "https": 443}[address.scheme]
    if address.hostname in LOCAL and printed != port:
        return fault("site.port_unlike", base_url=base_url, port=port)
    return None


LOCAL = ("localhost", "127.0.0.1", "::1")
_PORT_FAULTS = {errno.EADDRINUSE: "site.port_taken", errno.EACCES: "site.port_forbidden"}


def _warm_up(site: Flask) -> None:
    """Compile pages and the cycle's forms before the first phone asks, and spare what is there by
    then from the search for garbage: with it, one reply in a hundred took a tenth of a second."""
    for name in site.jinja_env.list_templates():
        site.jinja_env.get_template(name)
    with site.app_context(), db.look(db.engine()) as reader:
        cycle = find_cycle(reader)
        if cycle is not None:
            with suppress(FaultsFound):  # whoever opens a page is told
                programme_of(reader, cycle)
    gc.collect()
    gc.freeze()


def _keep_to_one(worker: Any) -> None:
    """Workers are numbered as they start."""
    keep_to_one(worker.age)


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve until told to stop; requests in work are finished first."""
    options = {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "worker_class": "gthread",
        "workers": settings.processes,
        "threads": settings.threads,
        "accesslog": None,  # no line beside an answer
        "logger_class": _Log,
        "loglevel": "warning",
        "graceful_timeout": 30,
        "timeout": 120,
        "control_socket_disable": True,
        "proc_name": "guopei",
        "post_worker_init": _keep_to_one,
    }
    _Site(settings.home, options).run()
