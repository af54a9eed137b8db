"""Ports move only if necessary, and only to free ports."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from porter.rehearsal.local.claims import Claims
from porter.rehearsal.local.ports import FREE, choose, is_free


@pytest.fixture
def busy() -> Iterator[int]:
    """A port on which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def claims() -> Iterator[Claims]:
    """The claims of a rehearsal."""
    claims = Claims()
    yield claims
    claims.close()


def free() -> int:
    """A port on which nothing listens."""
    return next(port for port in range(31_000, 32_000) if is_free(port))


def test_a_free_port_does_not_move(claims: Claims) -> None:
    assert choose([free()], set(), claims) == {}


def test_a_privileged_port_moves(claims: Claims) -> None:
    moved = choose([80], set(), claims)
    assert moved[80] in FREE


def test_a_port_in_use_moves(busy: int, claims: Claims) -> None:
    assert choose([busy], set(), claims)[busy] in FREE


def test_the_next_machine_gets_other_ports(claims: Claims) -> None:
    wanted, taken = [80, free()], set[int]()
    first = choose(wanted, taken, claims)
    second = choose(wanted, taken, claims)
    ends = [first.get(port, port) for port in wanted] + [second.get(port, port) for port in wanted]
    assert len(set(ends)) == 4
    assert taken == set(ends)


def test_a_port_with_a_listener_on_any_address_is_in_use(busy: int) -> None:
    assert not is_free(busy)
