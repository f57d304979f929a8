"""Photos that experts send: decoded in a child process within limits, never in the site."""

from __future__ import annotations

import multiprocessing
import threading
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import yaml

from survey_app.photos.child import DAMAGED, HEAD, KIND, PIXELS, PhotoLimits, draw_photo

_AT_ONCE = threading.BoundedSemaphore(2)
"""Children beside one another: more would starve the phones that answer meanwhile."""


@dataclass(frozen=True)
class PhotoRules:
    """What a photo is held to: limits of decoding, bytes of one, photos of one record, bytes of one
    part of an upload."""

    limits: PhotoLimits
    bytes: int
    photos: int
    part: int


@dataclass(frozen=True)
class Drawn:
    """A photo drawn anew as JPEG, without anything that came along with it."""

    content: bytes
    width: int
    height: int


@cache
def photo_rules() -> PhotoRules:
    """The data file's rules."""
    told = yaml.safe_load((files("survey_app.photos") / "rules.yaml").read_text(encoding="utf-8"))
    del told["source"]
    return PhotoRules(**told | {"limits": PhotoLimits(**told["limits"])})


def clean_photo(path: Path, limits: PhotoLimits) -> Drawn | str:
    """The photo of this file drawn anew, or the code of why it is not kept.

    A child process decodes it, forked from one that holds nothing of the site; it can open no file
    by then. Whatever becomes of it, the site goes on: ended by its limits it says
    ``photo_damaged``.
    """
    with _AT_ONCE:
        mine, its = _server().Pipe(duplex=False)
        child = _server().Process(target=draw_photo, args=(str(path), limits, its), daemon=True)
        child.start()
        its.close()
        try:
            told = _told(mine, limits)
        finally:
            mine.close()
            child.kill()
            child.join()
            child.close()
    if told in (DAMAGED.encode(), KIND.encode(), PIXELS.encode()):
        return told.decode()
    width, height = HEAD.unpack_from(told)
    return Drawn(told[HEAD.size :], width, height)


def _told(mine: Connection, limits: PhotoLimits) -> bytes:
    try:
        if mine.poll(2 * limits.seconds):
            return mine.recv_bytes(4 * limits.pixels)
    except (EOFError, OSError):
        pass
    return DAMAGED.encode()


@cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["survey_app.photos.child"])
    return context
