"""Formulas over one record's answers: read, checked, evaluated and put in words; never executed."""

from instruments.formula.grammar import Formula, fields_of, parse
from instruments.formula.names import check_names
from instruments.formula.values import MISSING, NOT_APPLICABLE, Outcome, evaluate
from instruments.formula.words import describe

__all__ = [
    "MISSING",
    "NOT_APPLICABLE",
    "Formula",
    "Outcome",
    "check_names",
    "describe",
    "evaluate",
    "fields_of",
    "parse",
]
