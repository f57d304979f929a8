"""What pairwise comparisons of importance may say, from library/ahp.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True)
class ComparisonRules:
    """Scale of judgements, random indices by matrix size, and the highest ratio accepted."""

    source: str
    limit: float
    scale: tuple[int, ...]
    random_index: Mapping[int, float]


@cache
def comparison_rules() -> ComparisonRules:
    """The rules that come with the program; their source is named in the file."""
    path = files("instruments").joinpath("library/ahp.yaml")
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return ComparisonRules(
        found["source"], found["limit"], tuple(found["scale"]), found["random_index"]
    )
