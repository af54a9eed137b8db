"""Fetch secrets from AWS, each once, with the host's role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from porter.errors import PorterError
from porter.host.core.goal import Goal
from porter.host.secrets.certificate import certificate_file, check
from porter.host.secrets.files import Held, held, secret_variables
from porter.spec import Secret


def fetch(goal: Goal) -> Goal:
    """Return `goal` with the value of every secret in its specification.

    Raises `PorterError` for the first secret that AWS refuses, or that cannot be used for its
    purpose: a certificate without its key, a variable of several lines.
    """
    spec = goal.spec
    known = replace(goal, secrets=fetched(held(spec), goal.deployment.region))
    if certificate := certificate_file(known):
        check(certificate.content)
    for runs in (*spec.workloads, *spec.jobs):
        secret_variables(known, runs)
    return known


def fetched(wanted: Sequence[Held], region: str) -> dict[Secret, str]:
    """Return the values of the secrets `wanted`, from `region` unless they name another.

    Raises `PorterError` with the secret's name and AWS's error code, never a value. All secrets
    share the time in which a refusal is tried again.
    """
    if not wanted:
        return {}
    from porter.aws.secrets import Patience, read_secret  # noqa: PLC0415 - only with secrets

    patience, values = Patience(), dict[Secret, str]()
    for one in wanted:
        _check_place(one)
        if one.secret not in values:
            try:
                values[one.secret] = read_secret(one.secret, region, patience)
            except PorterError as error:
                raise error.placed(one.where) from error
    return values


def _check_place(one: Held) -> None:
    """Raise `PorterError` if the secret was encrypted for another name."""
    if one.secret.encrypted and one.where.rpartition("/")[2] != one.secret.id:
        what = f"was encrypted for {one.secret.id!r}"
        raise PorterError(what, where=one.where, cure="synthesize again")
