"""The few XLSForm expressions that work without a script: comparisons joined by ``and``."""

from __future__ import annotations

import re

from instruments.model import Comparison, Limit

_COMPARISON = re.compile(r"\$\{\s*(\w+)\s*\}\s*(!=|=)\s*(?:'([^']*)'|\"([^\"]*)\"|(-?\d+))")
_BOUND = re.compile(r"\.\s*(>=|<=)\s*(-?[0-9]{1,15}(?:\.[0-9]{1,15})?)")
MAX_LENGTH = 1000
"""Characters of an expression; more is nothing that a person wrote."""
_AND = re.compile(r"\s+and\s+")


def parse_relevant(text: str) -> tuple[Comparison, ...] | None:
    """``${x} = 'v' and ${y} != 'w'`` as comparisons; None when it is anything else."""
    if not text:
        return ()
    if len(text) > MAX_LENGTH:
        return None
    matches = [_COMPARISON.fullmatch(part.strip()) for part in _AND.split(text)]
    if not all(matches):
        return None
    return tuple(
        Comparison(match[1], match[2], next(v for v in match.groups()[2:] if v is not None))
        for match in matches
        if match
    )


def parse_limit(text: str, message: str) -> Limit | None:
    """``. >= a and . <= b`` (either half alone) as a limit; None when it is anything else."""
    bounds: dict[str, float] = {}
    for part in _AND.split(text) if len(text) <= MAX_LENGTH else ("",):
        match = _BOUND.fullmatch(part.strip())
        if not match or match[1] in bounds:
            return None
        bounds[match[1]] = float(match[2])
    low, high = bounds.get(">="), bounds.get("<=")
    if low is not None and high is not None and low > high:
        return None
    return Limit(low, high, message)
