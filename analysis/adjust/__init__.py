"""Case-mix: what a unit's score would be with the trainees of the province, raw beside adjusted."""

from __future__ import annotations

from analysis.adjust.benchmarks import benchmarks
from analysis.adjust.totals import adjusted_cells, adjusted_totals
from analysis.adjust.within import within_effects

__all__ = ["adjusted_cells", "adjusted_totals", "benchmarks", "within_effects"]
