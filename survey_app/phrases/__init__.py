"""Words of the trainee's pages, from one data file per language."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml


@cache
def phrases() -> dict[str, str]:
    """All phrases of the language in use."""
    text = files("survey_app").joinpath("phrases/zh_CN.yaml").read_text(encoding="utf-8")
    loaded: dict[str, str] = yaml.safe_load(text)
    return loaded


def phrase(key: str, **values: object) -> str:
    """One phrase with its values put in; raises KeyError for a key the file lacks."""
    return phrases()[key].format(**values)
