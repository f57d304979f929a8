"""How wide the interval of a class mean would be, before anybody has looked at an answer."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import NormalDist

import yaml

from instruments.model import NOT_APPLICABLE, Instrument, Scale


@dataclass(frozen=True)
class Planning:
    """Content of library/precision.yaml: ``level`` of the interval, and the standard deviation that
    is planned with, as a share of the scale's width."""

    level: float
    deviation: float
    source: str


@dataclass(frozen=True)
class Range:
    """Lowest and highest answer of a scale of numbers."""

    low: float
    high: float

    @property
    def words(self) -> str:
        """As a page writes it: 1—5."""
        return f"{self.low:g}—{self.high:g}"


@cache
def planning() -> Planning:
    """What precision is planned with."""
    path = files("instruments").joinpath("library/precision.yaml")
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Planning(given["level"], given["shapes"][given["shape"]], given["source"])


def rating_range(instrument: Instrument) -> Range | None:
    """The scale on which most of an instrument's scored items are answered; None where no scored
    item has a scale of numbers."""
    mapped = dict.fromkeys(mapping.item for mapping in instrument.mappings)
    found = Counter(filter(None, (_range(instrument.item(name).scale) for name in mapped)))
    return max(found, key=lambda one: (found[one], one.high - one.low), default=None)


def half_width(*, n: int, enrolled: int, scale: Range) -> float:
    """Half-width of the interval that the mean of ``n`` answers of ``enrolled`` people would have.

    In units of the scale. Planned standard deviation, finite population correction, normal
    quantile; 0 when all have answered, no less when more have answered than are enrolled, infinite
    without an answer. Source: library/precision.yaml.
    """
    if n < 1:
        return math.inf
    plan = planning()
    deviation = plan.deviation * (scale.high - scale.low)
    missing = max(0.0, 1 - n / enrolled) if enrolled else 1.0
    quantile = NormalDist().inv_cdf((1 + plan.level) / 2)
    return quantile * deviation * math.sqrt(missing / n)


def half_width_words(width: float) -> str:
    """To one decimal, upwards: a board promises no more than there is."""
    return f"±{math.ceil(width * 10 - 1e-9) / 10:.1f}" if math.isfinite(width) else "—"


def error_words(error: float) -> str:
    """A standard error in points to one decimal, upwards like every promise made before there is
    data; a dash where there is none."""
    return f"{math.ceil(error * 10 - 1e-9) / 10:.1f}" if math.isfinite(error) else "—"


def _range(scale: Scale | None) -> Range | None:
    codes = [code for code in scale.codes if code != NOT_APPLICABLE] if scale else []
    if len(codes) < 2 or not all(code.isdecimal() for code in codes):
        return None
    return Range(min(map(float, codes)), max(map(float, codes)))
