"""Whether two PDF or two Word files of other bytes say the same."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from PIL import Image

from instruments.faults import Place
from reports.wording import phrase

BLOCK = 12
"""Pictures are compared block by block of so many pixels square: about the size of a letter."""
SHADE = 24.0
"""Difference of two blocks' mean shade (0-255) that last bits of coordinates may cause."""


def pdf_difference(old: bytes, new: bytes, _name: str) -> str | None:
    """None when every page has the same text and looks alike, else the first page that differs."""
    import pypdfium2

    left, right = pypdfium2.PdfDocument(old), pypdfium2.PdfDocument(new)
    try:
        for number, (was, now) in enumerate(zip(left, right, strict=False), 1):
            if _text(was) != _text(now) or not _near(_picture(was), _picture(now)):
                return phrase("verify.page", page=str(number))
        pages = phrase("verify.pages", old=len(left), new=len(right))
        return None if len(left) == len(right) else pages
    finally:
        left.close()
        right.close()


def _text(page: Any) -> str:
    return str(page.get_textpage().get_text_bounded())


def _picture(page: Any) -> np.ndarray:
    return np.asarray(page.render(scale=1.5, grayscale=True).to_pil())


def docx_difference(old: bytes, new: bytes, _name: str) -> str | None:
    """None when all parts but pictures are the same and pictures look alike, else which is not."""
    left, right = _parts(old), _parts(new)
    for name in sorted(left.keys() | right.keys()):
        pair = (left.get(name), right.get(name))
        if pair[0] != pair[1] and not (name.endswith(".png") and _look_alike(*pair)):
            return str(Place(file=name))
    return None


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _look_alike(old: bytes | None, new: bytes | None) -> bool:
    if old is None or new is None:
        return False
    left, right = (np.asarray(Image.open(io.BytesIO(part)).convert("L")) for part in (old, new))
    return _near(left, right)


def _near(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether two grey pictures have one size and no block whose mean shade differs visibly."""
    if left.shape != right.shape:
        return False
    gap = left.astype(float) - right.astype(float)
    high, wide = (size // BLOCK * BLOCK for size in gap.shape)
    blocks = gap[:high, :wide].reshape(high // BLOCK, BLOCK, wide // BLOCK, BLOCK)
    return bool(np.abs(blocks.mean(axis=(1, 3))).max(initial=0.0) < SHADE)
