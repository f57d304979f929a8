"""The command `guopei`: joins the packages' commands without loading what is not called."""

from __future__ import annotations

import gettext
import os
import sys
import traceback
from importlib import import_module
from importlib.resources import as_file, files

import click

from instruments.faults import FaultsFound

FAULTS, USAGE, FAILURE = 1, 2, 3
_OWN, _REPORTS = "survey_app.commands", "reports.commands"
PLACES = {
    "init": "survey_app.founding",
    "instrument": "survey_app.instrument_commands",
    "template": _OWN,
    "import": _OWN,
    "serve": _OWN,
    "close": "survey_app.closing",
    "extract": _OWN,
    "backup": "survey_app.backup",
    "transfer": "survey_app.transfer",
    "score": _REPORTS,
    "bulletin": _REPORTS,
    "particulars": _REPORTS,
    "reconcile": _REPORTS,
    "verify": _REPORTS,
    "assess": _REPORTS,
    "study": _REPORTS,
    "demo": "survey_app.demo.commands",
    "rehearse": "survey_app.rehearsal.commands",
    "run-job": _OWN,
}
"""Command → module that holds it, in the order of --help."""
METAVARS = {
    "text": "文字",
    "integer": "整数",
    "integer range": "整数",
    "float": "数",
    "path": "路径",
    "file": "文件",
}
"""Type of an option → what --help calls its value."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in order."""
        return list(PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in PLACES:
            return None
        module = import_module(PLACES[cmd_name])
        command: click.Command = getattr(module, "COMMANDS", vars(module))[cmd_name]
        return _worded(command)


def _worded(command: click.Command) -> click.Command:
    command.options_metavar = "[选项]"
    if isinstance(command, click.Group):
        command.subcommand_metavar = "命令 [参数]..."
        for each in command.commands.values():
            _worded(each)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not (parameter.is_flag or parameter.metavar):
            parameter.metavar = METAVARS.get(parameter.type.name)
    return command


@click.group(
    cls=LazyGroup,
    options_metavar="[选项]",
    subcommand_metavar="命令 [参数]...",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(
    package_name="guopei", message="%(prog)s，版本 %(version)s", help="显示版本后退出。"
)
def guopei() -> None:
    """教师培训绩效评估：采集、封存、计分、通报、复核。

    站点的各命令使用环境变量 GUOPEI_HOME 指明的实例文件夹（默认 ./instance）。

    退出码：0 正常，1 输入或数据有问题，2 用法有误，3 运行失败。
    """


def main() -> None:
    """Run the command; whatever goes wrong is said in Chinese, with the exit code of its kind."""
    _speak_chinese()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run with ``arguments`` and return the exit code."""
    try:
        result = guopei.main(arguments, prog_name="guopei", standalone_mode=False)
    except FaultsFound as found:
        return _say([str(fault) for fault in found.faults], FAULTS)
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        error.show()
        return FAILURE
    except click.Abort:
        return _say(["已中止。"], FAILURE)
    except Exception as error:  # the last resort: never a bare traceback for the user
        return _unexpected(error)
    return result if isinstance(result, int) else 0


def _unexpected(error: Exception) -> int:
    refused = getattr(error, "fault", None)
    if refused is not None:
        return _say([str(refused)], FAULTS)
    if os.environ.get("GUOPEI_DEBUG"):
        traceback.print_exc()
    kind = f"{type(error).__name__}:{error}"
    return _say([f"运行失败。{kind}", "设环境变量 GUOPEI_DEBUG=1 再运行可见详情。"], FAILURE)


def _say(lines: list[str], code: int) -> int:
    for line in lines:
        click.echo(line, err=True)
    return code


def _speak_chinese() -> None:
    """Let click's own words come from our catalogue."""
    os.environ["LANGUAGE"] = "zh_CN"
    with as_file(files("survey_app").joinpath("locale")) as folder:
        gettext.bindtextdomain("messages", folder)
