"""Where Debian's packages come from: the apt sources of this host, and of an image."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from porter.rehearsal.image.family import os_release

_MIRROR = re.compile(r"https?://(?:[^@/\s]*@)?([^:/\s]+)")
_OPTIONS = re.compile(r"^(deb\S*)\s+(?:\[(.*?)\]\s+)?(.*)$")


@dataclass(frozen=True, slots=True)
class _Source:
    """One entry, with the names of sources.list(5)."""

    types: str
    uris: str
    suites: str
    components: str
    signed_by: str


def of_host(codename: str, etc: Path = Path("/etc")) -> tuple[str, ...]:
    """The host's sources of Debian `codename`, as lines of a sources.list(5).

    Empty where the host is no Debian of that release, or takes its packages from elsewhere than the
    network. Sources that are not Debian's own stay out: their keys are not on the image.
    """
    release = os_release(etc / "os-release")
    if (release.get("ID"), release.get("VERSION_CODENAME")) != ("debian", codename):
        return ()
    suites = (codename, f"{codename}-updates", f"{codename}-security")
    lines = tuple(
        f"deb {source.signed_by}{uri} {suite} main"
        for source in _read(etc / "apt")
        if _is_debians(source)
        for uri in source.uris.split()
        for suite in source.suites.split()
        if suite in suites and _MIRROR.match(uri)
    )
    return lines if any(f" {codename} " in line for line in lines) else ()


def mirrors(tree: Path) -> tuple[str, ...]:
    """The names of the hosts that the apt sources of the image `tree` mention."""
    text = "\n".join(file.read_text() for file in _files(tree / "etc/apt"))
    return tuple(sorted(set(_MIRROR.findall(re.sub(r"(?m)^\s*#.*$", "", text)))))


def _is_debians(source: _Source) -> bool:
    key = source.signed_by
    return (
        "deb" in source.types.split()
        and "main" in source.components.split()
        and (not key or "/debian-archive-" in key)
    )


def _files(apt: Path) -> list[Path]:
    below = [path for path in apt.glob("sources.list.d/*") if path.suffix in {".list", ".sources"}]
    return [path for path in (apt / "sources.list", *sorted(below)) if path.is_file()]


def _read(apt: Path) -> Iterator[_Source]:
    for file in _files(apt):
        text = re.sub(r"(?m)^\s*#.*\n?", "", file.read_text())
        yield from _stanzas(text) if file.suffix == ".sources" else _one_lines(text)


def _stanzas(text: str) -> Iterator[_Source]:
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"(?m)^([\w-]+):\s*(.*(?:\n[ \t].*)*)", stanza))
        if fields and fields.get("Enabled", "yes").strip() != "no":
            yield _source(fields)


def _one_lines(text: str) -> Iterator[_Source]:
    for line in text.splitlines():
        found = _OPTIONS.match(line.strip())
        if found:
            uri, suite, components = (*found[3].split(maxsplit=2), "", "", "")[:3]
            options = dict(word.split("=", 1) for word in (found[2] or "").split() if "=" in word)
            yield _source(
                {
                    "Types": found[1],
                    "URIs": uri,
                    "Suites": suite,
                    "Components": components,
                    "Signed-By": options.get("signed-by", ""),
                }
            )


def _source(fields: Mapping[str, str]) -> _Source:
    key = fields.get("Signed-By", "").strip()
    return _Source(
        types=fields.get("Types", ""),
        uris=fields.get("URIs", ""),
        suites=fields.get("Suites", ""),
        components=fields.get("Components", ""),
        signed_by=f"[signed-by={key}] " if key else "",
    )
