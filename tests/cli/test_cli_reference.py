"""The reference of the command line says what the commands say."""

from .cli_reference import PAGE, render


def test_the_reference_is_current() -> None:
    """If this fails: python tests/cli/cli_reference.py."""
    assert PAGE.read_text() == render()
