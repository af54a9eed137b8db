"""Write docs/reference/cli.md from the commands' own help: `python tests/cli/cli_reference.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from porter.cli.root import porter

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def render() -> str:
    """Return the whole page."""
    intro = "# Command line\n\nGenerated from `porter help`; a test keeps it current.\n"
    return intro + "".join(_sections(porter, "porter", None))


def _sections(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    """Yield a section for each command; the commands of a group follow their group."""
    context = click.Context(
        command, info_name=name, parent=parent, terminal_width=80, **command.context_settings
    )
    text = "\n".join(f"    {line}".rstrip() for line in command.get_help(context).splitlines())
    yield f"\n## {context.command_path}\n\n{text}\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found:
                yield from _sections(found, below, context)


if __name__ == "__main__":
    PAGE.write_text(render())
