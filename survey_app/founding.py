"""The command `guopei init`: an instance, its store, the province's first account."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from instruments.faults import Place, refuse

if TYPE_CHECKING:
    from sqlalchemy import Engine


@click.command("init")
@click.option("--admin", default="admin", show_default=True, help="省级管理员的登录名。")
@click.option("--title", default="教师培训绩效评估", show_default=True, help="站点名称。")
@click.option(
    "--base-url",
    default="http://localhost:8000",
    show_default=True,
    help="对外网址，二维码由它组成。",
)
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="从文件读取管理员密码（去掉首尾空白）。",
)
@click.option("--prompt", is_flag=True, help="从键盘输入管理员密码，不回显。")
@click.option(
    "--database",
    default="",
    metavar="地址",
    help="新实例用的PostgreSQL数据库，如 postgresql://用户名@主机/库名（不写即用SQLite文件）。",
)
def init(
    admin: str,
    title: str,
    base_url: str,
    password_file: Path | None,
    prompt: bool,
    database: str,
) -> None:
    """建立或升级站点实例，并建立省级管理员账号。

    不给密码时自动生成一个，只显示这一次。
    """
    from survey_app import db, migration
    from survey_app.instance import instance, instance_home, keep_private, lost_secrets

    _check_login(admin)
    password = _given_password(password_file, prompt)
    keep_private()
    home = instance_home()
    lost = lost_secrets(home)
    with instance(home, title=title, base_url=base_url, database=database) as settings:
        engine = db.make_engine(settings.address)
        migration.upgrade(engine)
        _first_account(engine, admin, password)
        engine.dispose()
    if lost:
        click.echo(f"已另建密钥：{'、'.join(lost)}。原先由它们保护的登录、答题码、回执等随之失效。")
    click.echo(f"实例就绪：{home}")


def _check_login(admin: str) -> None:
    from survey_app.config import is_plain

    if not is_plain(admin, most=64) or len(admin.split()) > 1:
        raise refuse("site.login_unusable", login=repr(admin)[:80])


def _given_password(password_file: Path | None, prompt: bool) -> str:
    from survey_app.services.accounts import check_new_password

    if not (password_file or prompt):
        return ""
    password = _password_in(password_file) if password_file else _typed_password()
    check_new_password(password, password)
    return password


def _password_in(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise refuse("site.password_file", Place(file=path.name)) from error


def _typed_password() -> str:
    if not sys.stdin.isatty():
        raise click.UsageError("--prompt 须在终端使用；在脚本中请用 --password-file。")
    typed: str = click.prompt("管理员密码", hide_input=True, confirmation_prompt=True)
    return typed


def _first_account(engine: Engine, login: str, given: str) -> None:
    """Make the account unless it is there; its password is told before it counts, never lost."""
    from survey_app import db
    from survey_app.models import AccountRow
    from survey_app.services import accounts, audit

    with db.look(engine) as session:
        known = session.get(AccountRow, login)
    if known:
        click.echo(f"账号 {login} 已存在，密码不变。")
        return
    password = given or accounts.new_password()
    hashed = accounts.hash_password(password)
    with db.transaction(engine) as session:
        person = {"login": login, "name": "省级管理员", "role": "province"}
        accounts.create_account(session, **person, hashed=hashed, by=audit.COMMAND)
        click.echo(f"省级管理员账号：{login}")
        if not given:
            click.echo(f"初始密码（只显示这一次）：{password}")
