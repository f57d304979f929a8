"""Serves the site with gunicorn: many threads, several processes where the store takes them."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import Any

from flask.logging import default_handler
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from instruments.faults import Fault, fault
from survey_app.assembly import assemble
from survey_app.config import Settings
from survey_app.logs import blank_addresses


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
        return assemble(self.home)


def port_fault(host: str, port: int) -> Fault | None:
    """Why the site could not listen there, or None."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        code = _PORT_FAULTS.get(error.errno or 0, "site.host_unusable")
        return fault(code, host=host, port=port)
    return None


_PORT_FAULTS = {errno.EADDRINUSE: "site.port_taken", errno.EACCES: "site.port_forbidden"}


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
    }
    _Site(settings.home, options).run()
