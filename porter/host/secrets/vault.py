"""Asks AWS for secrets, each once, with the host's role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from porter.errors import PorterError
from porter.host.core.goal import Goal
from porter.host.secrets.certificate import certificate_file, check
from porter.host.secrets.files import Held, held, secret_variables
from porter.spec import Secret


def fetch(goal: Goal) -> Goal:
    """`goal` with the value of every secret that its specification names.

    Raises `PorterError` for the first that is refused, or cannot be what it is wanted for.
    """
    spec = goal.spec
    known = replace(goal, secrets=fetched(held(spec), goal.deployment.region))
    if certificate := certificate_file(known):
        check(certificate.content)
    for runs in (*spec.workloads, *spec.jobs):
        secret_variables(known, runs)
    return known


def fetched(wanted: Iterable[Held], region: str) -> dict[Secret, str]:
    """The values of the secrets `wanted`, asked for in `region` unless they name another.

    Raises `PorterError` naming the secret and AWS's error code, never a value. All refusals
    together are waited for as long as one would be.
    """
    # Only a host with secrets needs it.
    from porter.aws.secrets import Patience, read_secret  # noqa: PLC0415

    patience, values = Patience(), dict[Secret, str]()
    for one in wanted:
        _check_place(one)
        if one.secret not in values:
            try:
                values[one.secret] = read_secret(one.secret, region, patience)
            except PorterError as error:
                raise PorterError(error.what, where=one.where, cure=error.cure) from error
    return values


def _check_place(one: Held) -> None:
    """What was encrypted for one name is not handed over under another, whoever moved it."""
    if one.secret.encrypted and one.where.rpartition("/")[2] != one.secret.id:
        what = f"was encrypted for {one.secret.id!r}"
        raise PorterError(what, where=one.where, cure="synthesize again")
