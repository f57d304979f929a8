"""The command `guopei demo`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click

WHOLE, TRIAL = Path("demo"), Path("demo-open")
"""Where the sample is put: of a whole year, or of one that stops while open."""


@click.command("demo")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"样例产物放在哪里（其中上一次的样例会先清空）。默认 {WHOLE}，加 --try 时 {TRIAL}。",
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="站点端口。"
)
@click.option("--serve/--no-serve", default=True, help="做完之后是否让站点继续运行。")
@click.option(
    "--try",
    "trial",
    is_flag=True,
    help="停在开放作答的时候，打印各角色的入口和几张没用过的纸条，供自己试填（小样不到一分钟）。",
)
@click.option("--trainees", type=click.IntRange(min=120), help="学员人数，默认见样例设置。")
@click.option("--classes", type=click.IntRange(min=12), help="班级数，默认见样例设置。")
def demo(
    out: Path | None,
    port: int,
    serve: bool,
    trial: bool,
    trainees: int | None,
    classes: int | None,
) -> None:
    """样例：虚构的学员、专家和管理员通过运行中的站点走完一个年度，直到通报复核。"""
    from survey_app.demo.pages import UnexpectedPage
    from survey_app.demo.run import DemoFailed
    from survey_app.demo.server import ServerFailed

    run = _try if trial else _run
    try:
        run(out or (TRIAL if trial else WHOLE), port, serve, trainees, classes)
    except (DemoFailed, ServerFailed, UnexpectedPage) as problem:
        raise click.ClickException(str(problem)) from problem


def _try(out: Path, port: int, serve: bool, trainees: int | None, classes: int | None) -> None:
    from survey_app.demo.run import clear, draw_sample, make_instance
    from survey_app.demo.server import YESTERDAY, free_port, running_site
    from survey_app.demo.trial import collect

    tell = _told_from_now()
    free_port(port)
    clear(out)
    home = out / "instance"
    account = make_instance(home, address=f"http://127.0.0.1:{port}")
    sample = draw_sample(trainees=trainees, classes=classes)
    with running_site(home, port, module=YESTERDAY) as address:
        tell(f"站点已启动（时钟拨在昨天，看板才有昨天的人数）：{address}")
        doors = collect(address, account, sample, tell)
    click.echo("\n各角色的入口（样例）：")
    for door in doors:
        click.echo(f"{door.role}：{door.says}\n    {door.address}")
    _how_to_enter(home, port, account)
    if serve:
        with running_site(home, port) as address:
            _stay(address)


def _run(out: Path, port: int, serve: bool, trainees: int | None, classes: int | None) -> None:
    from instruments.catalogue_writer import write_catalogue
    from survey_app.demo import cycle
    from survey_app.demo.run import add_clerk, clear, command, draw_sample, make_instance
    from survey_app.demo.server import YESTERDAY, free_port, running_site
    from survey_app.demo.truth import compare_with_truth

    tell = _told_from_now()
    free_port(port)
    clear(out)
    home = out / "instance"
    credentials = make_instance(home, address=f"http://127.0.0.1:{port}")
    second = add_clerk(home)
    sample = draw_sample(trainees=trainees, classes=classes)
    (out / "catalogue.xlsx").write_bytes(write_catalogue(sample.province.catalogue))
    with running_site(home, port, module=YESTERDAY) as address:
        tell(f"站点已启动（时钟拨在昨天，好让两次催报隔一天）：{address}")
        links = cycle.first_day(address, (credentials, second), sample, tell)
    with running_site(home, port) as address:
        tell("第二天")
        clerk, schools = cycle.second_day(address, credentials, sample, links, tell)
        cycle.publish(clerk, out / "end", home, tell)
        tell("期末通报：由数据快照重算的与站点的逐字节相同")
        cycle.follow_up(clerk, schools, sample, tell)
        cycle.publish(clerk, out, home, tell)
        command(["verify", str(out)], home=home)
        tell("跟踪通报：由数据快照重算的与站点的逐字节相同，第三方复核成立")
        for line in compare_with_truth(out, sample):
            tell(f"与预设真值比较：{line}")
        for name in ("end/bulletin", "bulletin"):
            tell(f"通报（样例）：{out / name / 'bulletin.html'}")
        _how_to_enter(home, port, credentials)
        if serve:
            _stay(address)


def _told_from_now() -> Callable[[str], None]:
    """Lines on stderr, each with the seconds since now."""
    from reports import tables

    started = time.monotonic()

    def tell(text: str) -> None:
        passed = tables.half_up(time.monotonic() - started, 1)
        click.echo(f"[{passed:>5} 秒] {text}", err=True)

    return tell


def _how_to_enter(home: Path, port: int, credentials: tuple[str, str]) -> None:
    login, password = credentials
    click.echo(f"\n省级管理员登录名：{login}  密码：{password}")
    click.echo(f"以后再打开站点：GUOPEI_HOME={home} guopei serve --port {port}")


def _stay(address: str) -> None:
    click.echo(f"\n站点仍在运行：{address}\n按 Ctrl+C 结束。")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        click.echo("已结束。")
