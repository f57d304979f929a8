"""`.ci/run` on a new machine: what is missing is named and installed, or the failure is loud."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from project_root import ROOT

ALWAYS = ("bash", "dirname", "env", "id")
PACKAGES = {
    "chromium": "chromium",
    "libreoffice-writer-nogui": "libreoffice-writer-nogui",
    "libreoffice-calc-nogui": "libreoffice-calc-nogui",
    "fonts-liberation": "fonts-liberation",
    "cc": "gcc libc6-dev",
    "pg_ctlcluster": "postgresql",
}
"""Program or package that the tests need → the Debian package that brings it."""
NEEDED = ("git", "make", *PACKAGES)


def machine(tmp_path: Path, *, has: tuple[str, ...], installer: int) -> dict[str, str]:
    """An environment whose PATH holds these programs and a package installer that ends so.

    Each program is a stand-in that notes how it was called.
    """
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ALWAYS:
        (folder / name).symlink_to(shutil.which(name) or "/nowhere")
    python = folder / "python3"
    python.write_text(f'#!{folder}/bash\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    for name in (*has, "apt-get", "sudo"):
        status = installer if name in ("apt-get", "sudo") else 0
        script = f'#!{folder}/bash\necho "{name} $*" >>"{tmp_path}/calls"\nexit {status}\n'
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    script = f'#!{folder}/bash\nfor name in "$@"; do case " {" ".join(has)} " in\n'
    script += '*" $name "*) printf " installed" ;; *) printf " not-installed" ;; esac; done\n'
    (folder / "dpkg-query").write_text(script)
    (folder / "dpkg-query").chmod(0o755)
    (tmp_path / "calls").touch()
    return {"PATH": str(folder), "HOME": str(tmp_path)}


def run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("lacking", NEEDED)
def test_what_cannot_be_installed_is_named_and_nothing_is_tested(
    tmp_path: Path, lacking: str
) -> None:
    has = tuple(name for name in NEEDED if name != lacking)
    done = run(machine(tmp_path, has=has, installer=1))
    assert done.returncode == 1
    assert f"!!! Could not install: {PACKAGES.get(lacking, lacking)}." in done.stderr
    assert "make" not in (tmp_path / "calls").read_text()


def test_what_is_missing_is_installed_and_then_all_is_tested(tmp_path: Path) -> None:
    environment = machine(tmp_path, has=("git", "make"), installer=0)
    assert run(environment).returncode == 0
    calls = (tmp_path / "calls").read_text().splitlines()
    if os.getuid() == 0:
        assert calls[0] == "apt-get update -qq" and calls[1].endswith(
            f"recommends {' '.join(PACKAGES.values())}"
        )
    assert calls[2:] == ["make check", "make test", "make installed"]


def test_a_complete_machine_installs_nothing(tmp_path: Path) -> None:
    assert run(machine(tmp_path, has=NEEDED, installer=1)).returncode == 0
    assert "apt-get" not in (tmp_path / "calls").read_text()


def test_no_two_test_modules_share_a_name() -> None:
    """pytest imports them by their bare names, so a second one would not be collected."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))
