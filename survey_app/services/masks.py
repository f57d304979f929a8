"""Numbers by which a person can be called or looked up, masked in what was written freely."""

from __future__ import annotations

import re

MASK = "〔号码已隐去〕"
_HALF_WIDTH = {0xFF10 + digit: 0x30 + digit for digit in range(10)} | {0xFF38: 0x58, 0xFF58: 0x78}
_GAP = r"[ \-]?"
_PATTERNS = (
    r"[1-9]\d{5}"
    + _GAP
    + r"(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])"
    + _GAP
    + r"\d{3}[\dXx]",
    r"(?:\+?86" + _GAP + r")?1[3-9]\d" + _GAP + r"\d{4}" + _GAP + r"\d{4}",
    r"0\d{2,3}[ \-]\d{7,8}",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
)
_NUMBER = re.compile(r"(?<!\d)(?:" + "|".join(_PATTERNS) + r")(?!\d)", re.ASCII)
"""Identity card, mobile phone, landline with its area code, e-mail address."""


def mask_numbers(text: str) -> str:
    """``text`` as written, but for numbers of identity cards and telephones, and addresses."""
    folded = text.translate(_HALF_WIDTH)  # sign by sign, so that places stay the same
    parts, end = [], 0
    for match in _NUMBER.finditer(folded):
        parts += [text[end : match.start()], MASK]
        end = match.end()
    return "".join([*parts, text[end:]])
