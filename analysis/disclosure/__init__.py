"""Disclosure control: nothing that rests on fewer people than the minimum cell leaves analysis."""

from __future__ import annotations

from analysis.disclosure.attack import attack
from analysis.disclosure.cells import blank, singles_out, too_few, with_complement
from analysis.disclosure.system import Contradiction, System, build_system, join_systems, rounded
from analysis.disclosure.tables import Suppression, suppress, table_system
from analysis.disclosure.withhold import Withheld, withhold, withhold_now

__all__ = [
    "Contradiction",
    "Suppression",
    "System",
    "Withheld",
    "attack",
    "blank",
    "build_system",
    "join_systems",
    "rounded",
    "singles_out",
    "suppress",
    "table_system",
    "too_few",
    "with_complement",
    "withhold",
    "withhold_now",
]
