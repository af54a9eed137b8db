"""Polls wait in places of which each user has a share."""

import socket
from collections.abc import Iterator

import pytest

from porter.daemon.connection import Connection
from porter.daemon.parking import Parking

HERE = "127.0.0.1", 1


@pytest.fixture
def connections() -> Iterator[list[Connection]]:
    """Three connections of the user 1, and one of the user 2."""
    sockets = [socket.socket() for _ in range(4)]
    users = ("user 1", "user 1", "user 1", "user 2")
    yield [Connection(one, user, HERE, HERE) for one, user in zip(sockets, users, strict=True)]
    for one in sockets:
        one.close()


def test_each_user_has_a_share_and_gets_a_place_back(connections: list[Connection]) -> None:
    first, second, third, other = connections
    parking = Parking(share=2)
    assert [parking.add(one) for one in connections] == [True, True, False, True]
    assert [*parking] == [first, second, other]
    assert not parking.remove(third)
    assert parking.remove(first)
    assert not parking.remove(first)
    assert parking.add(third)
    assert [*parking] == [second, third, other]


def test_users_who_left_are_forgotten(connections: list[Connection]) -> None:
    """A container's address is a user, too."""
    parking = Parking(share=3)
    for one in connections:
        parking.add(one)
        parking.remove(one)
    assert parking._users == {}
