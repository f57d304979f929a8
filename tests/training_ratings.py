"""Experts who rate the described sessions by their pages."""

from __future__ import annotations

from instruments.builtin import instrument_sources, load_instruments
from instruments.training import read_training, training_source
from site_for_tests import Staff

PAGE = "/expert/training/"
SET = read_training(training_source(), "x.yaml", load_instruments(instrument_sources()))


def rate(expert: Staff, code: str, levels: dict[str, str], attempt: int = 1):
    return expert.post(f"{PAGE}{code}", levels, attempt=str(attempt))


def rate_all(expert: Staff, *, lower: int = 0) -> None:
    """Every session on the reference, or so many levels lower."""
    for session in SET.sessions:
        own = {n: str(max(1, int(level) - lower)) for n, level in session.levels.items()}
        assert rate(expert, session.code, own).status_code == 303
