"""The program's own fonts for programs that tests run: a new machine has none with Chinese."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

_CONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<dir>{fonts}</dir><cachedir>{cache}</cachedir>
</fontconfig>
"""


def with_fonts(folder: Path) -> dict[str, str]:
    """An environment in which a program finds them besides the machine's; ``folder`` is its own."""
    found = importlib.util.find_spec("pylopdf_fonts_zh_cn")
    assert found is not None and found.origin is not None
    config = folder / "fonts.conf"
    text = _CONFIG.format(fonts=Path(found.origin).parent, cache=folder / "fonts")
    config.write_text(text, encoding="utf-8")
    return {**os.environ, "FONTCONFIG_FILE": str(config)}
