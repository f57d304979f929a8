"""The house rules of CONTRIBUTING.md as failing checks: layers, sizes, docstrings, names."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from project_root import ROOT

Check = Callable[[Path], list[str]]
LAYERS = ("survey_app", "reports", "analysis", "instruments")  # each may import those after it
COMPOSERS = {"pipeline"}  # the only module of analysis that may import stages
VALUES = {"results"}  # modules of analysis that hold values and may be imported by stages
FORBIDDEN = {  # what a layer must never import, because its promise says so
    "instruments": {"flask", "sqlalchemy", "matplotlib", "scipy", "jinja2"},
    "analysis": {"flask", "sqlalchemy", "matplotlib", "jinja2", "random", "datetime", "time"},
    "reports": {"flask", "sqlalchemy"},
}
BANNED_NAMES = {"utils", "helpers", "common", "manager", "misc", "process_data", "df2"}
OUTSIDE = ("survey_app/demo/", "survey_app/rehearsal/")  # play the province: no part of the site
DOORS = {  # the site's only ways to the layers whose door is the extract
    "reports": {
        "survey_app/services/evaluation.py",
        "survey_app/cli.py",
        "survey_app/services/slip_sheets.py",  # prints slips, no data
        "survey_app/services/rater_care.py",  # rounds what it shows (reports/tables.py), no data
    },
    "analysis": {
        "survey_app/services/comparisons.py",  # judgements typed on a page, no data
        "survey_app/services/rater_care.py",  # for the expert and the province, into no result
        "survey_app/services/visit_plans.py",  # who goes where: the catalogue, no answers
    },
}
ROUNDS = {  # where a number may lose digits, and why
    "reports/tables.py": "every printed number",
    "reports/charts/canvas.py": "coordinates of drawings",
    "instruments/precision.py": "the half-width on a board, upwards to a tenth",
    "analysis/ranks/printed.py": "ranks are those of the printed score",
    "analysis/pipeline/league.py": "ranks are decided on scores rounded to 1e-9",
    "analysis/goalposts.py": "sums over integers",
    "analysis/eligibility.py": "the plan's own thresholds in a reason",
    "analysis/disclosure/attack.py": "a solver gives whole people up to its tolerance",
}
MAX_FILE, MAX_FUNCTION, SHORT_FUNCTION, SHORT_SHARE = 300, 40, 20, 0.85


def modules(root: Path) -> Iterator[Path]:
    for layer in LAYERS:
        for path in sorted((root / layer).rglob("*.py")):
            if "versions" not in path.parts:  # migrations are history, not design
                yield path


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path, root: Path) -> Iterator[str]:
    """Modules that a file imports: in functions, relatively and by name at run time too."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *filter(None, [node.module])))
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__"):
            yield from (str(a.value) for a in node.args if isinstance(a, ast.Constant))


def called(node: ast.Call) -> str:
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body
    if ast.get_docstring(node) is not None and len(body) > 1:
        return (node.end_lineno or 0) - body[1].lineno + 2
    return (node.end_lineno or 0) - node.lineno + 1


def layer_faults(root: Path) -> list[str]:
    faults = []
    for path in modules(root):
        layer = path.relative_to(root).parts[0]
        allowed = LAYERS[LAYERS.index(layer) :]
        for name in imported(path, root):
            top = name.split(".")[0]
            if top in LAYERS and top not in allowed:
                faults.append(f"{path.relative_to(root)} imports {name}: against the layers")
            if top in FORBIDDEN.get(layer, set()):
                faults.append(f"{path.relative_to(root)} imports {name}: {layer} may not")
    return faults


def stage_faults(root: Path) -> list[str]:
    faults = []
    folder = root / "analysis"  # a stage is a module or a package of modules
    stages = {p.relative_to(folder).parts[0].removesuffix(".py") for p in folder.rglob("*.py")}
    stages -= COMPOSERS | VALUES
    for path in folder.rglob("*.py"):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        if own in COMPOSERS:
            continue
        for name in imported(path, root):
            parts = name.split(".")
            if parts[0] == "analysis" and len(parts) > 1 and parts[1] in stages - {own}:
                faults.append(f"{path.relative_to(root)} imports stage {parts[1]}")
    return sorted(set(faults))


def door_faults(root: Path) -> list[str]:
    """The site reaches the statistics through the extract, and the bulletin by one service."""
    faults = []
    for path in modules(root):
        place = path.relative_to(root).as_posix()
        if not place.startswith("survey_app/") or place.startswith(OUTSIDE):
            continue
        for name in imported(path, root):
            layer = name.split(".")[0]
            if place not in DOORS.get(layer, {place}):
                faults.append(f"{place} imports {name}: not a door to {layer}")
    return faults


def circle_faults(root: Path) -> list[str]:
    """Modules that import one another in a circle, imports inside functions included."""
    names = {module_name(path, root): path for path in modules(root)}
    uses = {
        name: {other for other in imported(path, root) if other in names and other != name}
        for name, path in names.items()
    }
    for name in uses:  # a package may load its parts
        uses[name] = {other for other in uses[name] if not other.startswith(f"{name}.")}
    reached = {name: reachable(name, uses) for name in uses}
    circles = {
        tuple(sorted({name, *(o for o in reached[name] if name in reached[o])}))
        for name in uses
        if name in reached[name]
    }
    return [f"{' and '.join(circle)} import each other" for circle in sorted(circles)]


def reachable(name: str, uses: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        fresh = uses[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found


def size_faults(root: Path) -> list[str]:
    faults, lengths = [], []
    for path in modules(root):
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > MAX_FILE:
            faults.append(f"{path.relative_to(root)} has {len(text.splitlines())} lines")
        for node in functions(ast.parse(text)):
            lengths.append(length(node))
            if lengths[-1] > MAX_FUNCTION:
                faults.append(f"{path.relative_to(root)}:{node.name} has {lengths[-1]} lines")
    share = sum(n <= SHORT_FUNCTION for n in lengths) / max(len(lengths), 1)
    if lengths and share < SHORT_SHARE:
        faults.append(f"only {share:.0%} of functions have {SHORT_FUNCTION} lines or fewer")
    return faults


def docstring_faults(root: Path) -> list[str]:
    faults = []
    for path in modules(root):
        tree = tree_of(path)
        place = str(path.relative_to(root))
        if tree.body and not ast.get_docstring(tree):
            faults.append(f"{place}: no module docstring")
        faults += [f"{place}:{name}: no docstring" for name in undocumented(tree)]
    return faults


def undocumented(node: ast.Module | ast.ClassDef) -> Iterator[str]:
    """Public functions and classes, and public methods of public classes, without a word."""
    for child in node.body:
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not named or child.name.startswith("_"):
            continue
        if not ast.get_docstring(child):
            yield child.name
        if isinstance(child, ast.ClassDef):
            yield from (f"{child.name}.{name}" for name in undocumented(child))


def name_faults(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}: {name!r} says nothing"
        for path in modules(root)
        for name in BANNED_NAMES & set(path.relative_to(root).with_suffix("").parts)
    ]


def rounding_faults(root: Path) -> list[str]:
    """Places outside ROUNDS where a number is rounded, or printed with a number of digits."""
    faults = []
    for path in modules(root):
        place = path.relative_to(root).as_posix()
        if place not in ROUNDS:
            lines = {node.lineno for node in ast.walk(tree_of(path)) if rounds(node)}
            faults += [f"{place}:{line} rounds" for line in sorted(lines)]
    for path in sorted(path for path in root.glob("*/templates/**/*") if path.is_file()):
        if re.search(r"\|\s*round\b|['\"]%[^'\"]*\.\d+[fge]", path.read_text(encoding="utf-8")):
            faults.append(f"{path.relative_to(root)} rounds")
    return faults


def rounds(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        names = {"round", "around", "rint", "quantize", "set_printoptions", "to_string"}
        return called(node) in names
    if isinstance(node, ast.FormattedValue):
        return bool(node.format_spec) and bool(re.search(DIGITS, ast.unparse(node.format_spec)))
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and bool(re.search(rf"%{DIGITS}|{{[^{{}}]*:{DIGITS}}}", text))


DIGITS = r"[-+ ,0-9]*\.\d+[fgeGE%]"
"""A format that drops digits."""


CHECKS = (
    layer_faults,
    stage_faults,
    door_faults,
    circle_faults,
    size_faults,
    docstring_faults,
    name_faults,
    rounding_faults,
)


@pytest.mark.parametrize("check", CHECKS)
def test_house_rules(check: Check) -> None:
    assert check(ROOT) == []


LONG = '"""X."""\ndef f():\n    """F."""\n' + "    x = 1\n" * 41
MEANS = "analysis/means.py"
PLANTED = [
    (layer_faults, MEANS, "import reports.bulletin", "against the layers"),
    (layer_faults, MEANS, "def f():\n    from survey_app import db", "against the layers"),
    (layer_faults, "instruments/model.py", "from analysis import means", "against the layers"),
    (layer_faults, "reports/writers/html.py", "import survey_app.db", "against the layers"),
    (layer_faults, MEANS, "from ..reports import html", "against the layers"),
    (layer_faults, MEANS, "import importlib\nimportlib.import_module('reports')", "the layers"),
    (layer_faults, MEANS, "import flask", "analysis may not"),
    (layer_faults, MEANS, "def f():\n    from matplotlib import pyplot", "analysis may not"),
    (layer_faults, MEANS, "import matplotlib.pyplot as plt", "analysis may not"),
    (layer_faults, "analysis/pipeline/a.py", "import sqlalchemy", "analysis may not"),
    (layer_faults, "instruments/model.py", "import flask", "instruments may not"),
    (layer_faults, "reports/writers/html.py", "from flask import request", "reports may not"),
    (stage_faults, MEANS, "from analysis import ranks", "stage ranks"),
    (stage_faults, MEANS, "import analysis.ranks", "stage ranks"),
    (stage_faults, MEANS, "from . import ranks", "stage ranks"),
    (stage_faults, MEANS, "def f():\n    from .ranks import rank_sets", "stage ranks"),
    (stage_faults, "analysis/models/a.py", "from analysis import ranks", "stage ranks"),
    (door_faults, "survey_app/db.py", "from analysis import means", "not a door to analysis"),
    (door_faults, "survey_app/views/a.py", "def f():\n    import analysis", "door to analysis"),
    (door_faults, "survey_app/views/a.py", "import reports.writers.html", "not a door to reports"),
    (circle_faults, "survey_app/b.py", "import survey_app.a", "survey_app.a and survey_app.b imp"),
    (circle_faults, "survey_app/c.py", "def f():\n    from . import a", "a and survey_app.b and"),
    (size_faults, MEANS, "x = 1\n" * 299, "301 lines"),
    (size_faults, MEANS, LONG, "means.py:f has 4"),
    (size_faults, MEANS, LONG.replace("x = 1", "y = 2").replace("41", "30")[:300], "have 20 lines"),
    (docstring_faults, MEANS, "def mean(): ...", "mean: no docstring"),
    (docstring_faults, MEANS, "class Mean:\n    x = 1", "Mean: no docstring"),
    (docstring_faults, MEANS, 'class M:\n    """M."""\n    def f(self): ...', "M.f: no docstring"),
    (docstring_faults, "survey_app/db.py", None, "no module docstring"),
    (name_faults, "analysis/utils.py", "", "says nothing"),
    (rounding_faults, "reports/bulletin.py", "x = round(1.5)", "bulletin.py:2 rounds"),
    (rounding_faults, "survey_app/db.py", 'x = f"{1.5:.1f}"', "db.py:2 rounds"),
    (rounding_faults, MEANS, 'x = f"{1.5:.0%}"', "means.py:2 rounds"),
    (rounding_faults, MEANS, 'x = "{:.2f}".format(1.5)', "means.py:2 rounds"),
    (rounding_faults, MEANS, 'x = "%.2f" % 1.5', "means.py:2 rounds"),
    (rounding_faults, MEANS, "import numpy as np\nx = np.around(1.5)", "means.py:3 rounds"),
    (rounding_faults, "reports/templates/a.j2", None, "a.j2 rounds"),
]
"""Check, file, what is planted below its docstring (None: below none), what is said of it."""
HONEST = {
    "analysis/ranks.py": "",
    "survey_app/a.py": "import survey_app.b",
    "survey_app/b.py": "from survey_app import c",
    "survey_app/c.py": "",
    "survey_app/services/evaluation.py": "import reports.writers.html",
    "survey_app/services/comparisons.py": "import analysis.ranks",
    "survey_app/demo/run.py": "import analysis.ranks",
    "reports/writers/html.py": "from analysis import pipeline",
    "reports/tables.py": "x = round(1.5)",
    "analysis/pipeline/__init__.py": "from analysis import ranks\nfrom analysis.pipeline import a",
    "analysis/pipeline/a.py": "import analysis.ranks",
}
"""A small house in order."""


def built(root: Path, files: dict[str, str]) -> Path:
    for name, body in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f'"""X."""\n{body}\n', encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("check", "where", "body", "expected"),
    PLANTED,
    ids=[f"{planted[0].__name__}-{n}" for n, planted in enumerate(PLANTED)],
)
def test_planted_fault_is_found(
    check: Check, where: str, body: str | None, expected: str, tmp_path: Path
) -> None:
    """What is planted is found, and nothing was found before."""
    root = built(tmp_path, HONEST)
    assert check(root) == []
    built(root, {where: body or ""})
    if body is None:
        (root / where).write_text("{{ x | round(1) }}\n" if where.endswith("j2") else "x = 1\n")
    found = check(root)
    assert any(expected in fault for fault in found), found


def test_every_check_is_planted_against() -> None:
    assert {planted[0] for planted in PLANTED} == set(CHECKS)
    for place in (*ROUNDS, *(path for paths in DOORS.values() for path in paths)):
        assert (ROOT / place).is_file(), f"{place} is excused, but is no more"


def test_no_machine_path_or_registry_host_in_tracked_files() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "registry.npm" + "js", "deb." + "debian"]
    pattern = re.compile("|".join([*map(re.escape, hosts), "/wor" + "k/", "/roo" + "t/"]))
    found = []
    for name in files:
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        found += [f"{name}: {match.group()}" for match in [pattern.search(text)] if match]
    assert found == []


def test_every_data_file_is_packaged() -> None:
    """What is tracked beside the code goes with the package: names beginning with a dot too, which
    no wildcard takes."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    stated = config["options.package_data"]["*"].replace("\n", ",").split(",")
    patterns = [pattern.strip().rpartition("/")[2] for pattern in stated]
    files = subprocess.run(
        ["git", "ls-files", *LAYERS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    names = {name: name.rpartition("/")[2] for name in files if not name.endswith(".py")}
    left = [
        name
        for name, last in names.items()
        if not any(
            fnmatch(last, pattern) and last.startswith(".") == pattern.startswith(".")
            for pattern in patterns
        )
    ]
    assert left == [] and len(names) > 50
