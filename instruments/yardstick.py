"""What decides whether scores of two cycles are on one scale: leaves, points, goalposts, mean."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from instruments.methods import Plan
from instruments.scorecard import Framework

MEASURE = (
    *("code", "parent", "points", "source", "instrument", "minimum_of", "formula", "scaling"),
    *("applies", "level"),
)
"""Fields of an indicator that say what is measured and how much it counts; its words do not."""


def yardstick(
    frameworks: Sequence[Framework], plan: Plan, *, edition: str
) -> dict[str, dict[str, str] | str]:
    """Digests (SHA-256, hex) of all that two cycles must share for their scores to be compared.

    ``frameworks``: per scorecard code, version and digest of indicators and modifiers; ``scaling``:
    of the plan's goalposts; ``composite``: of how scores are put together; and the ``edition``.
    Neither adoption nor wording is in them: 建议 that became 已采用 measures the same.
    """
    found: dict[str, dict[str, str] | str] = {}
    for one in frameworks:
        nodes = [{name: getattr(node, name) for name in MEASURE} for node in one.indicators]
        modifiers = [{"types": each.types, "points": each.points} for each in one.modifiers]
        content = {"total": one.total, "indicators": nodes, "modifiers": modifiers}
        named = {"code": one.code, "version": one.version, "digest": _digest(content)}
        found[f"scorecard {one.scorecard}"] = named
    composite = dataclasses.replace(plan.composite, minimum_points=0.0)
    measured = [plan.adjustment.method if plan.composite.value == "adjusted" else "", composite]
    scaling = sorted(plan.scaling, key=lambda scale: scale.name)
    return found | {
        "scaling": _digest(scaling),
        "composite": _digest(measured),
        "edition": edition,
    }


def _digest(value: object) -> str:
    text = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Frozen values as what JSON can hold."""
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
