"""A serving process keeps to one processor; what it starts may run on all."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from survey_app import affinity

SCRIPT = """
import os, subprocess, sys
from survey_app import affinity
number, allowed = int(sys.argv[1]), sorted(os.sched_getaffinity(0))
with affinity.on_any():
    assert sorted(os.sched_getaffinity(0)) == allowed
affinity.keep_to_one(number)
own = os.sched_getaffinity(0)
ask = [sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))"]
with affinity.on_any():
    child = subprocess.run(ask, capture_output=True, text=True).stdout.strip()
assert os.sched_getaffinity(0) == own
print(sorted(own), child, sep="|")
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no such call")
@pytest.mark.parametrize("number", [1, 2, 7])
def test_processes_take_processors_in_turn_and_their_children_take_any(number: int) -> None:
    allowed = sorted(os.sched_getaffinity(0))
    run = [sys.executable, "-c", SCRIPT, str(number)]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    own, child = done.stdout.strip().split("|")
    chosen = [allowed[(number - 1) % len(allowed)]] if len(allowed) > 1 else allowed
    assert (own, child) == (str(chosen), str(allowed))


def test_a_system_without_the_call_is_left_alone(monkeypatch) -> None:
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    affinity.keep_to_one(1)
    with affinity.on_any():
        pass
