"""AES-SIV on a host: RFC 5297's examples, and values encrypted by another library."""

from __future__ import annotations

import os
import sys
from ctypes.util import find_library
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from porter.aws.siv import Tampered, decrypt
from porter.errors import PorterError

# RFC 5297, appendix A: key, associated data, plain text, synthetic IV and cipher text.
DETERMINISTIC = (
    "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
    ("101112131415161718191a1b1c1d1e1f2021222324252627",),
    "112233445566778899aabbccddee",
    "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c",
)
NONCE_BASED = (
    "7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f",
    (
        "00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100",
        "102030405060708090a0",
        "09f911029d74e35bd84156c5635688c0",
    ),
    "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074207573696e67205349562d414553",
    (
        "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17"
        "dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d"
    ),
)


@pytest.mark.parametrize(("key", "purpose", "plain", "text"), [DETERMINISTIC, NONCE_BASED])
def test_the_examples_of_rfc_5297_open(
    key: str, purpose: tuple[str, ...], plain: str, text: str
) -> None:
    parts = [bytes.fromhex(part) for part in purpose]
    assert decrypt(bytes.fromhex(key), bytes.fromhex(text), parts).hex() == plain
    assert AESSIV(bytes.fromhex(key)).encrypt(bytes.fromhex(plain), parts).hex() == text


@pytest.mark.parametrize("size", [1, 15, 16, 17, 65_536])
def test_what_the_build_box_encrypts_opens_and_is_the_same_every_time(size: int) -> None:
    key, plain = os.urandom(64), os.urandom(size)
    text = AESSIV(key).encrypt(plain, [b"TOKEN"])
    assert text == AESSIV(key).encrypt(plain, [b"TOKEN"])
    assert decrypt(key, text, [b"TOKEN"]) == plain


def test_whatever_is_changed_does_not_open() -> None:
    key = os.urandom(64)
    text = AESSIV(key).encrypt(b"a secret of some length", [b"TOKEN"])
    for index in range(len(text)):
        changed = bytes([*text[:index], text[index] ^ 1, *text[index + 1 :]])
        with pytest.raises(Tampered):
            decrypt(key, changed, [b"TOKEN"])
    for other_key, other, purpose in (
        (key, text, b"OTHER"),
        (os.urandom(64), text, b"TOKEN"),
        (key, text[:-1], b"TOKEN"),
        (key, text[:16], b"TOKEN"),
        (key[:63], text, b"TOKEN"),
        (key, text, b""),
    ):
        with pytest.raises(Tampered):
            decrypt(other_key, other, [purpose])


def test_a_purpose_with_an_empty_part_does_not_open() -> None:
    """OpenSSL 3.0 ignores empty parts (CVE-2023-2975), so they would protect nothing."""
    key = os.urandom(64)
    for encrypted_for in ([b"TOKEN"], [b"TOKEN", b""]):
        text = AESSIV(key).encrypt(b"a secret", encrypted_for)
        with pytest.raises(Tampered):
            decrypt(key, text, [b"TOKEN", b""])


@pytest.mark.parametrize("library", [None, "c"])
def test_an_openssl_without_aes_siv_is_an_error_with_a_cure(
    library: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python may be linked statically (`_ssl` has no file), or to a library that lacks SIV."""
    ssl = ModuleType("_ssl")
    if library:
        ssl.__file__ = find_library(library)
    monkeypatch.setitem(sys.modules, "_ssl", ssl)
    with pytest.raises(PorterError, match="has no AES-SIV here") as error:
        decrypt(os.urandom(64), os.urandom(32), [b"TOKEN"])
    assert error.value.cure == "use OpenSSL 3 without its FIPS mode"
    assert error.value.where == "porter.aws.siv"
