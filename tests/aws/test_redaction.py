"""A reason that leaves the host contains no known secret."""

from __future__ import annotations

import pytest

from porter.aws.reason import reason_text
from porter.aws.redaction import Redactor

SIGNATURE = "Q7%2Fx9aLongSignature%3D"
URL = f"https://bucket.s3.amazonaws.com/arn%3Aaws?X-Amz-Expires=86399&X-Amz-Signature={SIGNATURE}"


@pytest.mark.parametrize(
    "text",
    [
        URL,
        f"PUT {URL}: 500",
        f"signature {SIGNATURE}",
        "signature Q7/x9aLongSignature= (decoded)",
        f"\x1b[31mcol{URL}oured\x1b[0m",
        f"split by a colour: {SIGNATURE[:5]}\x1b[1m{SIGNATURE[5:]}",
    ],
)
def test_a_wait_handles_url_and_its_signature_are_taken_out(text: str) -> None:
    """Redaction finds the URL whole, in parts, decoded and quoted."""
    told = reason_text(text, Redactor.of_handle(URL))
    assert "LongSignature" not in told
    assert "[redacted]" in told


def test_other_secrets_are_taken_out_line_by_line() -> None:
    """Programs print a key of several lines line by line."""
    redact = Redactor.of_handle(URL, "-----BEGIN KEY-----\nc2VjcmV0\n-----END KEY-----")
    assert reason_text("key:\nc2VjcmV0", redact) == "key: [redacted]"


def test_a_secret_is_taken_out_before_the_reason_is_cut() -> None:
    """Redaction cannot recognize half of a secret."""
    told = reason_text("x" * 1000 + SIGNATURE, Redactor.of_handle(URL))
    assert "Q7" not in told


def test_what_is_too_short_to_be_told_apart_stays() -> None:
    """Expiry times are not secret, and a password of one letter occurs in every word."""
    redact = Redactor.of_handle(URL, "a")
    assert reason_text("a banana in 86399 s", redact) == "a banana in 86399 s"


@pytest.mark.parametrize(
    "printed",
    [
        'pa/ss wörd!"',
        "pa%2Fss%20w%C3%B6rd%21%22",
        "pa/ss+w%C3%B6rd%21%22",
        "pa%2Fss%20w%C3%B6rd!%22",
        "pa/ss%20w%C3%B6rd!%22",
        "pa%2fss+w%c3%b6rd%21%22",
        'pa/ss w\\u00f6rd!\\"',
        'pa/ss wörd!\\"',
    ],
)
def test_a_secret_is_known_however_a_program_writes_it(printed: str) -> None:
    """Redaction finds secrets in URLs, as each language quotes them, and in JSON."""
    redact = Redactor(['pa/ss wörd!"'])
    assert redact(f"no way to db://app:{printed}@host") == "no way to db://app:[redacted]@host"


def test_a_secret_is_known_in_an_error_that_quotes_it_as_python_does() -> None:
    key = 's3cret\'s "bell"\x07'
    assert Redactor([key])(f"{ValueError(key)!r}") == "ValueError('[redacted]')"


def test_a_secret_of_short_lines_is_known_as_a_whole() -> None:
    """Redaction leaves each of these lines alone, because words contain it."""
    redact = Redactor(["ab12\ncd34\nef56"])
    assert redact("code: ab12\ncd34\nef56.") == "code: [redacted]."
    assert redact('{"code": "ab12\\ncd34\\nef56"}') == '{"code": "[redacted]"}'


def test_of_an_object_each_text_is_a_secret_but_not_where_it_leads() -> None:
    """A service that gets all of a database's secret prints the password alone."""
    redact = Redactor(['{"username": "application", "password": "s3cret/x", "port": 5432}'])
    told = redact("postgres://application:s3cret%2Fx@db:5432")
    assert told == "postgres://application:[redacted]@db:5432"


@pytest.mark.parametrize("odd", ["[" * 60_000, '{"half": "\\ud800 of a character"}'])
def test_an_odd_secret_keeps_no_other_from_being_taken_out(odd: str) -> None:
    assert Redactor([odd, "the password"])(f"{odd}: the password") == "[redacted]: [redacted]"


@pytest.mark.parametrize("url", ["", "http://[", "no url"])
def test_a_url_that_is_none_is_no_trouble(url: str) -> None:
    """An invalid deployment must be reported too."""
    assert reason_text("it failed", Redactor.of_handle(url)) == "it failed"


def test_six_characters_are_a_secret_and_five_are_not() -> None:
    redact = Redactor(["hunter", "hunt5"])
    assert redact("hunter and hunt5") == "[redacted] and hunt5"


def test_each_line_of_a_secret_is_known_and_so_is_each_line_of_a_text_in_it() -> None:
    """A program may print a key line by line, alone or as a field of an object."""
    assert Redactor(['{"pin": "abc\\ndef"}'])("pin: abc\ndef") == "pin: [redacted]"
    redact = Redactor(["first line\nsecond line", '{"key": "third line\\nfourth line"}'])
    told = redact("1: first line, 2: second line, 3: third line, 4: fourth line")
    assert told == "1: [redacted], 2: [redacted], 3: [redacted], 4: [redacted]"


def test_the_longer_of_two_secrets_is_taken_out_whole() -> None:
    assert Redactor(["secret", "secret-and-more"])("a secret-and-more") == "a [redacted]"


def test_of_a_handle_only_its_signature_is_enough_to_be_known() -> None:
    url = "https://h.example/?AWSAccessKeyId=AKIAEXAMPLE&Signature=c2lnbmF0dXJl%3D"
    redact = Redactor.of_handle(url, "another secret")
    for known in (url, "c2lnbmF0dXJl%3D", "c2lnbmF0dXJl=", "another secret", "AKIAEXAMPLE"):
        assert redact(f"<{known}>") == "<[redacted]>"


@pytest.mark.parametrize("field", ["dbname", "engine", "host", "user", "username"])
def test_whom_a_secret_is_for_stays_readable(field: str) -> None:
    redact = Redactor([f'{{"{field}": "orders-database", "password": "s3cret-of-it"}}'])
    assert redact("orders-database: s3cret-of-it") == "orders-database: [redacted]"
