"""Code lists of the programme (project types, modes, kinds, routes, traits) from types.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

LISTS = (
    *("project_types", "modes", "modules", "institution_kinds", "award_routes"),
    *("locality_kinds", "locality_types", "lines", "review_kinds", "school_stages"),
)


@cache
def _content() -> dict[str, Any]:
    path = files("instruments").joinpath("library/types.yaml")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def labels_of(name: str) -> Mapping[str, str]:
    """Codes and Chinese labels of the list ``name`` (one of ``LISTS``), in order."""
    return MappingProxyType(_content()[name])


def codes_of(name: str) -> tuple[str, ...]:
    """Codes of the list ``name``, in order."""
    return tuple(labels_of(name))


def module_for(project_type: str, mode: str) -> str:
    """Module of the questionnaire that a project's trainees get: by type, else by mode.

    Raises KeyError for a type that names no module with a mode that is not in the list.
    """
    of = _content()["module_of"]
    return str(of["type"].get(project_type) or of["mode"][mode])


def types_of_line(line: str) -> tuple[str, ...]:
    """Project types that belong to ``line`` (a code of the list ``lines``)."""
    return tuple(_content()["line_types"][line])


def traits() -> tuple[str, ...]:
    """Traits that rosters and questionnaires share: stage, years, locality."""
    return tuple(_content()["traits"])


def trait_label(trait: str) -> str:
    """Chinese name of ``trait``."""
    return str(_content()["traits"][trait]["label"])


def trait_levels(trait: str) -> Mapping[str, str]:
    """Level codes of ``trait`` and their Chinese labels, in order."""
    return MappingProxyType(_content()["traits"][trait]["levels"])
