"""Settings of an instance: config.toml read whole, every fault of it told with its key and line."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from instruments.faults import Fault, FaultsFound, Place, fault, refuse

CONFIG = "config.toml"
SECRETS = ("session", "ticket", "receipt", "form", "rater", "roster", "pairing", "board")
SECRET_BYTES = 32
RENEWED = ("pairing",)
"""Secrets that are put in place of former ones while the site runs."""
_TEMPLATE = """# 站点设置。改动后须重启站点。
title = {title}
# 对外网址：二维码与允许的主机名都由它决定
base_url = {base_url}
# 另外允许的主机名
trusted_hosts = ["localhost", "127.0.0.1"]
# 工作线程数
threads = 16
# 问卷页打开后多少天内可以提交
form_days = 7
# 导入文件的大小上限（MB）
upload_mb = 20
# 登录后多少小时须重新登录
sign_in_hours = 12
# 邀请链接多少天内有效
invitation_days = 30
# 填报附件：单个文件的大小上限（MB），每份填报最多几个
file_mb = 10
record_files = 100
# 站点前面有几层反向代理，各层都须写X-Forwarded-For。
# 连续猜密码的网段须等待；层数填错时，一人猜密码，人人都要等待
proxies = {proxies}
# 有人施压时学员向谁反映（电话、邮箱或部门，不超过100字），告知页上写明；
# 留空则写省级教育行政部门和第三方评估机构
contact = ""
# 数据库：留空用本文件夹里的site.db（SQLite）；一省之大可用PostgreSQL，写作
# postgresql://用户名@主机/库名，密码放在运行者的 ~/.pgpass 或环境变量 PGPASSWORD 里
database = {database}
# 进程数：用SQLite时只能是1
processes = 1
"""


@dataclass(frozen=True)
class Settings:
    """What config.toml says, and where the instance lies."""

    home: Path
    title: str
    base_url: str
    trusted_hosts: tuple[str, ...]
    threads: int
    form_days: int
    upload_mb: int
    sign_in_hours: int
    invitation_days: int
    file_mb: int
    record_files: int
    proxies: int
    database: str = ""
    processes: int = 1
    contact: str = ""

    @property
    def file(self) -> Path:
        """The SQLite file of an instance without another store."""
        return self.home / "site.db"

    @property
    def address(self) -> str:
        """The store's address, as an engine takes it."""
        return store_address(self.database) if self.database else f"sqlite:///{self.file}"

    @property
    def hosts(self) -> list[str]:
        """Host names under which the site answers, in small letters."""
        named = [urlsplit(self.base_url).hostname or "localhost", *self.trusted_hosts]
        return [name.lower() for name in named]

    @property
    def secure(self) -> bool:
        """Whether the site is reached by HTTPS only, so that cookies may demand it."""
        return is_https(self.base_url)

    def secret(self, name: str) -> bytes:
        """The key called ``name``; raises FaultsFound when it is missing or damaged.

        Read once, but those in ``RENEWED`` whenever their file has changed: a command may have put
        another in its place.
        """
        kept = self._keys.get(name)
        if kept is not None and name not in RENEWED:
            return kept.key
        path = kept.path if kept else self.home / "secrets" / name
        try:
            found = path.stat()
            now = found.st_mtime_ns, found.st_ino, found.st_size
            if kept is None or kept.state != now:
                kept = self._keys[name] = _Kept(path, now, _read_key(path))
        except FileNotFoundError as error:
            raise refuse("site.secret_missing", Place(file=f"secrets/{name}")) from error
        except ValueError as error:
            raise refuse("site.secret_damaged", Place(file=f"secrets/{name}")) from error
        return kept.key

    @cached_property
    def _keys(self) -> dict[str, _Kept]:
        return {}


class _Kept(NamedTuple):
    """A secret that was read, and what its file was then."""

    path: Path
    state: tuple[int, int, int]
    key: bytes


def _read_key(path: Path) -> bytes:
    """The key in a file; ValueError when it is damaged."""
    key = bytes.fromhex(path.read_text(encoding="ascii"))
    if len(key) != SECRET_BYTES:
        raise ValueError
    return key


def load_settings(home: Path) -> Settings:
    """The settings of a usable instance; raises FaultsFound with all that is wrong."""
    settings = read_config(home)
    check_secrets(settings)
    return settings


def read_config(home: Path) -> Settings:
    """Read config.toml; raises FaultsFound with every key that is wrong, missing or unknown."""
    path = home / CONFIG
    if not path.exists():
        raise refuse("site.no_instance", Place(file=str(home)))
    text, values = _parsed(path)
    faults = value_faults(values, lambda key: Place(file=CONFIG, row=_line(text, key)))
    needed = [f.name for f in fields(Settings) if f.name != "home" and f.default is MISSING]
    for key in needed:
        if key not in values:
            faults.append(fault("site.config_missing", Place(file=CONFIG), key=key))
    if not faults and values.get("processes", 1) > 1 and not values.get("database"):
        place = Place(file=CONFIG, row=_line(text, "processes"))
        faults.append(fault("site.config_one_process", place))
    if faults:
        raise FaultsFound(faults)
    return Settings(home=home, **values | {"trusted_hosts": tuple(values["trusted_hosts"])})


def check_secrets(settings: Settings) -> None:
    """Raise FaultsFound with every secret that is missing or damaged."""
    faults: list[Fault] = []
    for name in SECRETS:
        try:
            settings.secret(name)
        except FaultsFound as found:
            faults += found.faults
    if faults:
        raise FaultsFound(faults)


def is_https(address: str) -> bool:
    """Whether an address is reached by HTTPS."""
    return urlsplit(address).scheme == "https"


def value_faults(values: Mapping[str, Any], place: Callable[[str], Place]) -> list[Fault]:
    """Unknown keys, and values of the wrong type or out of range, each at ``place(key)``."""
    faults = []
    for key, value in values.items():
        details = {"key": key, "value": repr(value)[:60]}
        if key in _LIMITS:
            low, high = _LIMITS[key]
            if type(value) is not int or not low <= value <= high:
                found = fault("site.config_number", place(key), low=low, high=high, **details)
                faults.append(found)
        elif key not in _TEXTS:
            faults.append(fault("site.config_unknown", place(key), key=key))
        elif not _TEXTS[key](value):
            faults.append(fault(f"site.config_{key}", place(key), **details))
    return faults


def first_config(*, title: str, base_url: str, database: str = "") -> str:
    """The text of a new config.toml; raises FaultsFound when a value could not stand in it."""
    given = {"title": title, "base_url": base_url, "database": database}
    if faults := value_faults(given, lambda _key: Place()):
        raise FaultsFound(faults)
    # JSON's way to quote a text is TOML's too, once control characters are refused
    quoted = {k: json.dumps(v, ensure_ascii=False) for k, v in given.items()}
    return _TEMPLATE.format(proxies=int(is_https(base_url)), **quoted)  # we speak no TLS ourselves


def moved_config(text: str, database: str) -> str:
    """The text of a config.toml whose instance has another store from now on."""
    line = f"database = {json.dumps(database, ensure_ascii=False)}"
    kept = re.sub(r"(?m)^\s*database\s*=.*$", lambda _: line, text)
    return kept if kept != text or line in text else f"{text.rstrip()}\n{line}\n"


def store_address(database: str) -> str:
    """What the setting ``database`` means to an engine."""
    return str(make_url(database).set(drivername="postgresql+psycopg"))


def is_plain(text: object, *, most: int) -> bool:
    """Whether this is one line of visible text, not empty and at most so many characters."""
    return (
        isinstance(text, str)
        and 0 < len(text.strip()) <= most
        and not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in text)
    )


def _is_address(value: object) -> bool:
    if not is_plain(value, most=200) or re.search(r"\s", str(value)):
        return False
    try:
        parts = urlsplit(str(value))
        port = parts.port
    except ValueError:
        return False
    named = bool(parts.hostname) and port != 0 and "@" not in parts.netloc
    return parts.scheme in ("http", "https") and named and not (parts.query or parts.fragment)


def _is_database(value: object) -> bool:
    """'' for SQLite, or a PostgreSQL address with the name of a database and without password."""
    if value == "":
        return True
    if not is_plain(value, most=200):
        return False
    try:
        url = make_url(str(value))
    except (ArgumentError, ValueError):
        return False
    return url.drivername == "postgresql" and bool(url.database) and url.password is None


def _are_hosts(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(host, str) and re.fullmatch(r"[^\s/@]{1,253}", host) for host in value
    )


_TEXTS: Mapping[str, Callable[[object], bool]] = {
    "title": lambda value: is_plain(value, most=60),
    "base_url": _is_address,
    "trusted_hosts": _are_hosts,
    "database": _is_database,
    "contact": lambda value: value == "" or is_plain(value, most=100),
}
_LIMITS = {
    "threads": (1, 64),  # SQLite has as many connections
    "processes": (1, 16),
    "form_days": (1, 366),
    "upload_mb": (1, 50),  # a workbook is read no further
    "sign_in_hours": (1, 168),
    "proxies": (0, 9),
    "invitation_days": (1, 366),
    "file_mb": (1, 50),
    "record_files": (1, 1000),
}


def _parsed(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise refuse("site.config_not_utf8", Place(file=CONFIG)) from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = Place(file=CONFIG, row=int(line[1]) if line else None)
        raise refuse("site.config_unreadable", place) from error


def _line(text: str, key: str) -> int | None:
    """Line of config.toml on which ``key`` is set."""
    setting = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    return next((n for n, line in enumerate(text.split("\n"), 1) if setting.match(line)), None)
