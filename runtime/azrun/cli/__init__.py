"""The command line: one file a command, each imported when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NoReturn

import click

from azrun import __version__
from azrun.errors import AzrunError

COMMANDS = {
    "dev": "Serve the project here, and reload functions as you save them.",
    "serve": "Serve the project for real: no reload, no error detail for clients.",
    "invoke": "Send one request through the project, without a server.",
    "init": "Make a new project from a template.",
    "models": "Say which models there are, pull them, and try them.",
    "doctor": "Say what this machine has for azrun, and what is wrong with it.",
}


class Lazy(click.Group):
    """Knows its commands by name: each is a module of `package`, and in it `command`, or what
    is named as the module is."""

    def __init__(self, *args: Any, package: str, known: dict[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self._package, self._known = package, known

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._known)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._known:
            return None
        found = vars(import_module(f"{self._package}.{cmd_name}"))
        command = found.get("command") or found[cmd_name]
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self._known.items()))


class Commands(Lazy):
    """An AzrunError becomes a line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AzrunError as error:
            fail(error)


def fail(error: AzrunError) -> NoReturn:
    """Says what is wrong and what to do, and ends the process with the error's exit code."""
    click.secho(f"azrun: {error.message}", fg="red", err=True)
    if error.hint:
        click.echo(error.hint, err=True)
    raise click.exceptions.Exit(error.exit_code)


@click.group(
    cls=Commands,
    package="azrun.cli",
    known=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="azrun %(version)s")
def main() -> None:
    """azrun: the local runtime for Azion functions with AI."""
