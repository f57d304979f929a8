"""What pyxform says of a workbook as it was brought, before anything is put into our words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from instruments.faults import Fault, Place, fault
from instruments.workbook import Sheet, Workbook

_SHEETS = ("survey", "choices", "settings", "external_choices", "entities", "osm")
MOST = 5000
"""Rows of a sheet beyond which the form is refused before pyxform is asked."""


def pyxform_faults(workbook: Workbook, named: Mapping[str, Sheet], own: bool) -> list[Fault]:
    """Pyxform's single fault of a form of others, if any; it stops at its first. Of a form of ours
    it is asked later, when what the site supplies has been put in."""
    if own or any(len(sheet.rows) > MOST for sheet in workbook.sheets):
        return []
    sheets = {sheet.name.strip().lower(): sheet for sheet in workbook.sheets} | dict(named)
    raw: dict[str, Any] = {"sheet_names": [sheet.name for sheet in workbook.sheets]}
    for name in _SHEETS:
        if name in sheets:
            raw[name] = [dict(row.cells) for row in sheets[name].rows]
            raw[f"{name}_header"] = [dict.fromkeys(sheets[name].header)]
    return pyxform_verdict(raw, workbook.name)


def pyxform_verdict(sheets: Mapping[str, Any], name: str) -> list[Fault]:
    """Pyxform's fault of ``sheets`` as its own reader would hand them on; none when it accepts."""
    try:
        convert(dict(sheets), form_name="data", warnings=[])
    except PyXFormError as error:
        detail = " ".join(str(error).split())[:300]
        return [fault("instruments.pyxform", Place(file=name), detail=detail)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        detail = f"{type(error).__name__}"
        return [fault("instruments.pyxform", Place(file=name), detail=detail)]
    return []
