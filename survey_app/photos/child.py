"""What the child process does with one hostile photo: look at it within limits, draw it anew."""

from __future__ import annotations

import resource
import struct
import sys
import warnings
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path

from PIL import (
    Image,
    ImageOps,
    MpoImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)
from pillow_heif import register_heif_opener

LOADED = (MpoImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Decoders, and what they ask for half-way: a confined child can load nothing more."""
Image.preinit()  # so for what Pillow always loads
register_heif_opener(thumbnails=False)
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
"""What may be decoded at all; Pillow knows forty formats more."""
DAMAGED, KIND, PIXELS = "photo_damaged", "photo_kind", "photo_pixels"
"""Why a photo is not kept: codes of a refusal."""
HEAD = struct.Struct(">II")
"""Width and height, before the picture itself. The reply is bytes: a pickle from a child that was
taken over would take over the site."""


@dataclass(frozen=True)
class PhotoLimits:
    """How many pixels a photo may have, how long its longest edge becomes (pixels), how it is
    packed (JPEG quality), and what its child may use (seconds, bytes)."""

    pixels: int
    edge: int
    quality: int
    seconds: int
    memory: int


def draw_photo(path: str, limits: PhotoLimits, reply: Connection) -> None:
    """Send back size and JPEG, or the code of what is wrong, or nothing when the limits end us."""
    Image.MAX_IMAGE_PIXELS = None  # judged here, before a pixel is read
    sys.setrecursionlimit(500)
    warnings.simplefilter("ignore")
    content = BytesIO(Path(path).read_bytes())
    _confine(limits)
    drawn = _drawn(content, limits)
    reply.send_bytes(drawn.encode() if isinstance(drawn, str) else drawn)
    reply.close()


def _confine(limits: PhotoLimits) -> None:
    """From here on no more memory and time than one photo takes, and no file or socket is opened:
    a child that was taken over reads no key and calls nobody."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError):  # the machine allows less already
            resource.setrlimit(what, (most, most))


def _drawn(content: BytesIO, limits: PhotoLimits) -> bytes | str:
    try:
        photo = Image.open(content, formats=FORMATS)
        width, height = photo.size
        if not 0 < width * height <= limits.pixels:
            return PIXELS
        photo.draft("RGB", (limits.edge, limits.edge))
        return _anew(ImageOps.exif_transpose(photo), limits)
    except UnidentifiedImageError:
        return KIND
    except Exception:  # noqa: BLE001 - decoders raise whatever they like at what is damaged
        return DAMAGED


def _anew(photo: Image.Image, limits: PhotoLimits) -> bytes:
    """The first frame, upright, on white, no longer than the edge, and nothing that came along."""
    if photo.mode in ("RGBA", "LA", "PA") or "transparency" in photo.info:
        clear = photo.convert("RGBA")
        photo = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    plain = photo.convert("RGB")
    plain.thumbnail((limits.edge, limits.edge))
    fresh = Image.new("RGB", plain.size)
    fresh.paste(plain)
    packed = BytesIO()
    fresh.save(packed, "JPEG", quality=limits.quality)
    return HEAD.pack(*fresh.size) + packed.getvalue()
