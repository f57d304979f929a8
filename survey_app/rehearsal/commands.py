"""The command `guopei rehearse`."""

from __future__ import annotations

from pathlib import Path

import click

REPORT = "rehearsal.html"
SMALL = ("--trainees", "1500", "--classes", "40")
"""Size of the sample that is made where no extract is given: the week, not the year, is tried."""


@click.command("rehearse")
@click.option(
    "--extract",
    type=click.Path(path_type=Path, exists=True),
    help="去年的数据快照（文件夹或zip）；不给时先做一份样例。",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("rehearsal"),
    show_default=True,
    help="演练产物放在哪里（其中上一次的演练会先清空）。",
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="样例站点端口。"
)
def rehearse(extract: Path | None, out: Path, port: int) -> None:
    """演练：用样例或去年的快照，把从关闭到开会的一周走一遍，写出演练记录。不动任何实例。"""
    from reports.commands import told_faults
    from survey_app.demo.run import DemoFailed, clear, command

    try:
        with told_faults():
            clear(out)
            if extract is None:
                click.echo("先做一份样例（约一分半钟）……", err=True)
                made = ["demo", "--out", str(out / "sample"), "--no-serve", "--port", str(port)]
                command([*made, *SMALL], home=out / "sample" / "instance")
            held = _week(extract or out / "sample" / "extract.zip", out)
    except DemoFailed as problem:
        raise click.ClickException(str(problem)) from problem
    if not held:
        raise SystemExit(1)


def _week(extract: Path, out: Path) -> bool:
    from survey_app.rehearsal.report import render_rehearsal
    from survey_app.rehearsal.week import run_week, taken

    sealed = taken(extract, out)
    steps = run_week(sealed, out, tell=lambda text: click.echo(text, err=True))
    page = out / REPORT
    page.write_text(render_rehearsal(steps, title=sealed.cycle.title), encoding="utf-8")
    click.echo(f"已写入 {page}")
    return all(step.held for step in steps)
