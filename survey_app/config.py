"""The instance folder: settings of config.toml, secrets readable by their owner only."""

from __future__ import annotations

import os
import secrets
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from instruments.faults import Place, refuse

FOLDERS = ("secrets", "evidence", "imports", "extracts", "results", "bulletins")
SECRETS = ("session", "ticket", "receipt", "form", "rater")
_TEMPLATE = """# 站点设置。改动后须重启站点。
title = "{title}"
# 对外网址：二维码与允许的主机名都由它决定
base_url = "{base_url}"
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
# 站点前面有几层反向代理，各层都须写X-Forwarded-For。
# 连续猜密码的网段须等待；层数填错时，一人猜密码，人人都要等待
proxies = {proxies}
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
    proxies: int

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "site.db"

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
        """The key called ``name``."""
        return bytes.fromhex((self.home / "secrets" / name).read_text(encoding="ascii"))


def instance_home() -> Path:
    """The folder that GUOPEI_HOME names, else ./instance."""
    return Path(os.environ.get("GUOPEI_HOME") or "instance").resolve()


def create_instance(home: Path, *, title: str, base_url: str) -> Settings:
    """Make what is missing of the instance folder and leave alone what is there."""
    for folder in FOLDERS:
        (home / folder).mkdir(parents=True, exist_ok=True)
    (home / "secrets").chmod(0o700)
    for name in SECRETS:
        _write_secret(home / "secrets" / name)
    config = home / "config.toml"
    if not config.exists():
        proxies = int(is_https(base_url))  # we speak no TLS ourselves
        text = _TEMPLATE.format(title=_plain(title), base_url=_plain(base_url), proxies=proxies)
        config.write_text(text, encoding="utf-8")
    return load_settings(home)


def load_settings(home: Path) -> Settings:
    """Read config.toml; refuse a missing, unreadable or incomplete one."""
    path = home / "config.toml"
    if not path.exists():
        raise refuse("site.no_instance", Place(file=str(home)))
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refuse("site.config_unreadable", Place(file=path.name), detail=error) from error
    expected = {field.name for field in fields(Settings)} - {"home"}
    wrong = sorted(expected ^ set(values))
    if wrong:
        raise refuse("site.config_keys", Place(file=path.name), detail=" ".join(wrong))
    return Settings(home=home, **values | {"trusted_hosts": tuple(values["trusted_hosts"])})


def is_https(address: str) -> bool:
    """Whether an address is reached by HTTPS."""
    return urlsplit(address).scheme == "https"


def _write_secret(path: Path) -> None:
    if path.exists():
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))


def _plain(text: str) -> str:
    return text.replace("\\", "").replace('"', "").replace("\n", " ")
