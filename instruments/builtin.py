"""The library's own files, and any set of form files, as instruments with their modules joined."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

from instruments.faults import Fault, FaultsFound, Place, fault
from instruments.form import context_of, form_id
from instruments.model import Instrument
from instruments.workbook import Workbook, read_workbook
from instruments.xlsform import compile_instrument

_SCORECARD = re.compile(r"[A-Z]\.yaml")


def instrument_sources() -> dict[str, bytes]:
    """File name -> content of every built-in form (library/instruments/*.md), by name."""
    folder = files("instruments").joinpath("library/instruments")
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".md")), key=str)
    return {path.name: path.read_bytes() for path in paths}


def framework_source(name: str = "A") -> bytes:
    """Content of the built-in framework ``name``; raises FileNotFoundError if there is none."""
    return files("instruments").joinpath(f"library/frameworks/{name}.yaml").read_bytes()


def framework_sources() -> dict[str, bytes]:
    """File name -> content of the frameworks of a cycle: one per scorecard letter, by name."""
    folder = files("instruments").joinpath("library/frameworks")
    paths = sorted((path for path in folder.iterdir() if _SCORECARD.fullmatch(path.name)), key=str)
    return {path.name: path.read_bytes() for path in paths}


def plan_source(name: str = "default") -> bytes:
    """Content of the built-in plan ``name``; raises FileNotFoundError if there is none."""
    return files("instruments").joinpath(f"library/plans/{name}.yaml").read_bytes()


def load_instruments(sources: Mapping[str, bytes]) -> tuple[Instrument, ...]:
    """Compile form files (name -> content), modules joined to the core they extend, by code.

    Raises FaultsFound with the faults of all files together: those of ``compile_instrument``, a
    repeated code, a module of an unknown core.
    """
    faults: list[Fault] = []
    books = []
    for name in sorted(sources):
        try:
            books.append(read_workbook(sources[name], name))
        except FaultsFound as found:
            faults += found.faults
    cores, modules = _sorted_out(books, faults)
    instruments = []
    for code, core in sorted(cores.items()):
        try:
            instruments.append(compile_instrument([core, *modules.get(code, [])]))
        except FaultsFound as found:
            faults += found.faults
    if faults:
        raise FaultsFound(faults)
    return tuple(instruments)


def form_parts(sources: Mapping[str, bytes], code: str) -> dict[str, Workbook]:
    """File name -> workbook of the form ``code`` among form files: its core, then the modules that
    extend it; none when there is no such form. Raises FaultsFound for a file that cannot be read.
    """
    books = {name: read_workbook(sources[name], name) for name in sorted(sources)}
    modules = {name: book for name, book in books.items() if "extends" in context_of(book)}
    cores = {
        name: book for name, book in books.items() if name not in modules and form_id(book) == code
    }
    own = {n: book for n, book in modules.items() if context_of(book)["extends"] == code}
    return {**cores, **own} if cores else {}


def _sorted_out(
    books: list[Workbook], faults: list[Fault]
) -> tuple[dict[str, Workbook], dict[str, list[Workbook]]]:
    cores: dict[str, Workbook] = {}
    modules: dict[str, list[Workbook]] = {}
    for book in books:
        extended = context_of(book).get("extends")
        code = form_id(book)
        if extended is not None:
            modules.setdefault(extended, []).append(book)
        elif code in cores:
            details = {"code": code, "other": cores[code].name}
            faults.append(fault("instruments.repeated_form", Place(book.name), **details))
        else:
            cores[code] = book
    for extended in sorted(modules.keys() - cores.keys()):
        known = "、".join(sorted(cores))
        for book in modules[extended]:
            place = Place(book.name, "_context")
            faults.append(fault("instruments.extends_unknown", place, core=extended, known=known))
    return cores, modules
