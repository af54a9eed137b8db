"""Decrypt AES-SIV with the OpenSSL library that Python's `ssl` module is linked to."""

from __future__ import annotations

import ctypes
import ssl
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_void_p, create_string_buffer
from importlib import import_module

from porter.errors import PorterError

KEY_BYTES = 64
"""Length of an AES-256-SIV key: one half is for the synthetic IV, the other for the text."""

TAG_BYTES = 16
_CIPHERS = {32: b"AES-128-SIV", KEY_BYTES: b"AES-256-SIV"}
"""By the length of the key; the RFC's examples use the shorter one."""

_SET_TAG = 0x11
"""EVP_CTRL_AEAD_SET_TAG (openssl/evp.h)."""


class Tampered(Exception):  # noqa: N818 - what it says
    """The text was not encrypted with this key for this purpose, or it was changed."""


def decrypt(key: bytes, text: bytes, purpose: Sequence[bytes]) -> bytes:
    """Decrypt `text` (RFC 5297: the synthetic IV, then the ciphertext).

    `purpose` is the associated data; every part must have content, because OpenSSL 3.0 ignores
    empty parts (CVE-2023-2975). Raises `Tampered`, or `PorterError` if OpenSSL lacks AES-SIV.
    """
    if len(key) not in _CIPHERS or len(text) <= TAG_BYTES or not all(purpose):
        raise Tampered
    crypto = _crypto()
    cipher = crypto.EVP_CIPHER_fetch(None, _CIPHERS[len(key)], None)
    if not cipher:
        raise _no_siv()
    tag, body = text[:TAG_BYTES], text[TAG_BYTES:]
    plain, length = create_string_buffer(len(body)), c_int(0)
    context = crypto.EVP_CIPHER_CTX_new()

    def update(into: ctypes.Array[ctypes.c_char] | None, data: bytes) -> bool:
        done = crypto.EVP_DecryptUpdate(context, into, byref(length), data, len(data))
        return bool(done == 1)

    try:
        done = (  # SIV requires this order: key, tag, purpose, and the text in one call
            crypto.EVP_DecryptInit_ex2(context, cipher, key, None, None) == 1
            and crypto.EVP_CIPHER_CTX_ctrl(context, _SET_TAG, TAG_BYTES, tag) == 1
            and all(update(None, part) for part in purpose)
            and update(plain, body)
            and crypto.EVP_DecryptFinal_ex(context, None, byref(length)) == 1
        )
    finally:
        crypto.EVP_CIPHER_CTX_free(context)
        crypto.EVP_CIPHER_free(cipher)
    if not done:
        raise Tampered
    return plain.raw


def _crypto() -> ctypes.CDLL:
    """Load the libcrypto behind `ssl`: symbols are looked up in what `_ssl` is linked to."""
    try:
        crypto = ctypes.CDLL(import_module("_ssl").__file__)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(crypto, name)
            function.restype, function.argtypes = result, arguments
    except (AttributeError, OSError):  # OpenSSL 1.1 has no EVP_CIPHER_fetch
        raise _no_siv() from None
    return crypto


_SIGNATURES = {
    "EVP_CIPHER_fetch": (c_void_p, [c_void_p, c_char_p, c_char_p]),
    "EVP_CIPHER_free": (None, [c_void_p]),
    "EVP_CIPHER_CTX_new": (c_void_p, []),
    "EVP_CIPHER_CTX_free": (None, [c_void_p]),
    "EVP_CIPHER_CTX_ctrl": (c_int, [c_void_p, c_int, c_int, c_char_p]),
    "EVP_DecryptInit_ex2": (c_int, [c_void_p, c_void_p, c_char_p, c_char_p, c_void_p]),
    "EVP_DecryptUpdate": (c_int, [c_void_p, c_char_p, POINTER(c_int), c_char_p, c_int]),
    "EVP_DecryptFinal_ex": (c_int, [c_void_p, c_char_p, POINTER(c_int)]),
}


def _no_siv() -> PorterError:
    return PorterError(
        f"{ssl.OPENSSL_VERSION} has no AES-SIV here",
        where="porter.aws.siv",
        cure="use OpenSSL 3 without its FIPS mode",
    )
