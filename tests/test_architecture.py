"""The house rules of CONTRIBUTING.md as failing checks: layers, sizes, docstrings, names."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from project_root import ROOT

LAYERS = ("survey_app", "reports", "analysis", "instruments")  # each may import those after it
COMPOSERS = {"pipeline"}  # the only module of analysis that may import stages
VALUES = {"results"}  # modules of analysis that hold values and may be imported by stages
FORBIDDEN = {  # what a layer must never import, because its promise says so
    "instruments": {"flask", "sqlalchemy", "matplotlib", "scipy", "jinja2"},
    "analysis": {"flask", "sqlalchemy", "matplotlib", "jinja2", "random", "datetime", "time"},
    "reports": {"flask", "sqlalchemy"},
}
BANNED_NAMES = {"utils", "helpers", "common", "manager", "misc", "process_data", "df2"}
MAX_FILE, MAX_FUNCTION, SHORT_FUNCTION, SHORT_SHARE = 300, 40, 20, 0.85


def modules(root: Path) -> Iterator[Path]:
    for layer in LAYERS:
        for path in sorted((root / layer).rglob("*.py")):
            if "versions" not in path.parts:  # migrations are history, not design
                yield path


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


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
        for name in imported(ast.parse(path.read_text(encoding="utf-8"))):
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
        for name in imported(ast.parse(path.read_text(encoding="utf-8"))):
            parts = name.split(".")
            if parts[0] == "analysis" and len(parts) > 1 and parts[1] in stages - {own}:
                faults.append(f"{path.relative_to(root)} imports stage {parts[1]}")
    return sorted(set(faults))


def circle_faults(root: Path) -> list[str]:
    """Two modules that import each other, imports inside functions included."""
    uses = {}
    for path in modules(root):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        uses[name] = set(imported(ast.parse(path.read_text(encoding="utf-8"))))
    return [
        f"{a} and {b} import each other"
        for a in sorted(uses)
        for b in sorted(uses[a] & set(uses))
        if a < b and a in uses[b] and not b.startswith(f"{a}.")  # a package may load its parts
    ]


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
        tree = ast.parse(path.read_text(encoding="utf-8"))
        place = str(path.relative_to(root))
        if tree.body and not ast.get_docstring(tree):
            faults.append(f"{place}: no module docstring")
        for node in tree.body:
            named = isinstance(node, ast.FunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_") and not ast.get_docstring(node):
                faults.append(f"{place}:{node.name}: no docstring")
    return faults


def name_faults(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}: {name!r} says nothing"
        for path in modules(root)
        for name in BANNED_NAMES & set(path.relative_to(root).with_suffix("").parts)
    ]


CHECKS = (
    layer_faults,
    stage_faults,
    circle_faults,
    size_faults,
    docstring_faults,
    name_faults,
)


@pytest.mark.parametrize("check", CHECKS)
def test_house_rules(check) -> None:
    assert check(ROOT) == []


PLANTED = {
    layer_faults: (
        "analysis/means.py",
        '"""X."""\nimport reports.bulletin\n',
        "against the layers",
    ),
    stage_faults: ("analysis/means.py", '"""X."""\nfrom analysis import ranks\n', "stage ranks"),
    circle_faults: (
        "analysis/means.py",
        '"""X."""\nfrom analysis.means import x\nimport analysis.ranks\n',
        "import each other",
    ),
    size_faults: ("analysis/means.py", '"""X."""\n' + "x = 1\n" * 300, "301 lines"),
    docstring_faults: ("analysis/means.py", '"""X."""\ndef mean(): ...\n', "mean: no docstring"),
    name_faults: ("analysis/utils.py", '"""X."""\n', "says nothing"),
}


@pytest.mark.parametrize("check", CHECKS)
def test_planted_fault_is_found(check, tmp_path: Path) -> None:
    where, text, expected = PLANTED[check]
    for layer in LAYERS:
        (tmp_path / layer).mkdir()
    (tmp_path / "analysis" / "ranks.py").write_text('"""X."""\nimport analysis.means\n')
    (tmp_path / where).write_text(text)
    assert any(expected in fault for fault in check(tmp_path))


def test_long_function_and_web_import_are_found(tmp_path: Path) -> None:
    for layer in LAYERS:
        (tmp_path / layer).mkdir()
    body = '"""X."""\nimport flask\n\ndef f():\n    """F."""\n' + "    x = 1\n" * 41
    (tmp_path / "analysis" / "means.py").write_text(body)
    assert any("analysis may not" in fault for fault in layer_faults(tmp_path))
    assert any("means.py:f has" in fault for fault in size_faults(tmp_path))


def test_one_service_calls_reports() -> None:
    callers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "survey_app").rglob("*.py")
        if any(
            name.split(".")[0] == "reports"
            for name in imported(ast.parse(path.read_text(encoding="utf-8")))
        )
    }
    assert callers <= {"survey_app/services/evaluation.py", "survey_app/cli.py"} | {
        str(path.relative_to(ROOT)) for path in (ROOT / "survey_app" / "demo").glob("*.py")
    }


def test_only_tables_round() -> None:
    rounding = re.compile(r"\bround\(|\.quantize\(|:\.\d+[fg]\}")
    offenders = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "reports").rglob("*.py"))
        if path.name not in {"tables.py", "charts.py"}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if rounding.search(line)
    ]
    assert offenders == []


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
