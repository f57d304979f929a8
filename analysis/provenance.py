"""What computed the results: versions and the linear-algebra kernel, never a machine or a time."""

from __future__ import annotations

import ctypes
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

PACKAGES = ("guopei", "numpy", "scipy", "pandas", "duckdb")
UNKNOWN = "unknown"


def describe() -> tuple[tuple[str, str], ...]:
    """Name and version of Python, of our package and those it computes with, and of the kernel.

    Out: pairs in a fixed order; 'unknown' where a version cannot be told.
    """
    packages = [(name, _version(name)) for name in PACKAGES]
    return (
        ("python", platform.python_version()),
        *packages,
        ("architecture", platform.machine()),
        ("blas_kernel", _kernel()),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return UNKNOWN


def _kernel() -> str:
    folder = Path(np.__file__).parent.parent / "numpy.libs"
    for library in sorted(folder.glob("*openblas*")):
        handle = ctypes.CDLL(str(library))
        for name in ("scipy_openblas_get_corename64_", "openblas_get_corename64_"):
            function = getattr(handle, name, None)
            if function is not None:
                function.restype = ctypes.c_char_p
                return str(function().decode("ascii"))
    return UNKNOWN
