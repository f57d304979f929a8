"""Words of the site's pages, from data files by language; Chinese where a language has none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml
from flask import g, has_app_context

from instruments.faults import Fault
from instruments.model import CHINESE, Language

FILES: Mapping[str, tuple[str, ...]] = {"zh": ("zh_CN", "staff"), "en": ("en",)}
"""Language → its files here. The staff's pages are in Chinese, the trainees' in all of them."""
TAGS: Mapping[str, str] = {"zh": "zh-CN"}
"""Language → what pages in it say in ``lang``, where that is more than its code."""


def language() -> Language:
    """The language of the page in work; Chinese outside of any page."""
    found: Language = g.get("language", CHINESE) if has_app_context() else CHINESE
    return found


def worded(code: str) -> str:
    """The language whose phrases serve a page in ``code``."""
    primary = code.partition("-")[0]
    return primary if primary in FILES else CHINESE.code


@cache
def own_phrases(code: str) -> Mapping[str, str]:
    """The phrases of the files of a language."""
    folder, loaded = files("survey_app") / "phrases", dict[str, str]()
    for name in FILES[code]:
        loaded |= yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def phrases(code: str = CHINESE.code) -> Mapping[str, str]:
    """All phrases as a page in ``code`` says them."""
    return {**own_phrases(CHINESE.code), **own_phrases(worded(code))}


def phrase(key: str, **values: object) -> str:
    """One phrase with its values put in, in the language of the page in work; raises KeyError for
    a key that the Chinese file lacks."""
    return phrases(language().code)[key].format(**values)


def told(fault: Fault) -> tuple[str, str]:
    """What is wrong and how to mend it, in the language of the page in work."""
    return fault.in_language(worded(language().code))


def told_at_once(fault: Fault) -> str:
    """The same as one text."""
    message, remedy = told(fault)
    return phrase("fault.told", message=message, remedy=remedy)
