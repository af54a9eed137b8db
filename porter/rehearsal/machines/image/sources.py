"""Find Debian's package sources: the apt sources of this host, and those of an image."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from porter.rehearsal.machines.image.family import os_release

_MIRROR = re.compile(r"https?://(?:[^@/\s]*@)?([^:/\s]+)")
_ONE_LINE = re.compile(r"(deb\S*)\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+(.*)")

_Source = Mapping[str, str]
"""One entry, with the fields of the deb822 format: `Types`, `URIs`, `Suites`, `Components` ..."""


def of_host(codename: str, etc: Path = Path("/etc")) -> tuple[str, ...]:
    """Return this host's sources of Debian `codename`, as lines of a sources.list(5).

    Empty if this host runs another release, or gets packages from disk. Third-party sources are
    left out, because the image lacks their keys.
    """
    release = os_release(etc / "os-release")
    if (release.get("ID"), release.get("VERSION_CODENAME")) != ("debian", codename):
        return ()
    suites = (codename, f"{codename}-updates", f"{codename}-security")
    lines = tuple(
        f"deb {_option(source)}{uri} {suite} main"
        for source in _read(etc / "apt")
        if _is_debians(source)
        for uri in source["URIs"].split()
        for suite in source["Suites"].split()
        if suite in suites and _MIRROR.match(uri)
    )
    return lines if any(f" {codename} " in line for line in lines) else ()


def mirrors(tree: Path) -> tuple[str, ...]:
    """Return the hosts in the apt sources of the image `tree`."""
    text = "\n".join(file.read_text() for file in _files(tree / "etc/apt"))
    return tuple(sorted(set(_MIRROR.findall(re.sub(r"(?m)^\s*#.*$", "", text)))))


def _is_debians(source: _Source) -> bool:
    key = source.get("Signed-By", "")
    return (
        "deb" in source["Types"].split()
        and "main" in source.get("Components", "").split()
        and source.get("Enabled", "yes") != "no"
        and (not key or "/debian-archive-" in key)
    )


def _option(source: _Source) -> str:
    key = source.get("Signed-By")
    return f"[signed-by={key}] " if key else ""


def _files(apt: Path) -> list[Path]:
    below = [path for path in apt.glob("sources.list.d/*") if path.suffix in {".list", ".sources"}]
    return [path for path in (apt / "sources.list", *sorted(below)) if path.is_file()]


def _read(apt: Path) -> Iterator[_Source]:
    for file in _files(apt):
        text = re.sub(r"(?m)^\s*#.*\n?", "", file.read_text())
        yield from _stanzas(text) if file.suffix == ".sources" else _one_lines(text)


def _stanzas(text: str) -> Iterator[_Source]:
    for stanza in re.split(r"\n\s*\n", text):
        fields = re.findall(r"(?m)^([\w-]+):\s*(.*(?:\n[ \t].*)*)", stanza)
        if fields:
            yield {name: value.strip() for name, value in fields}


def _one_lines(text: str) -> Iterator[_Source]:
    for found in map(_ONE_LINE.match, text.splitlines()):
        if found:
            types, options, uri, suite, components = found.groups("")
            key = re.search(r"signed-by=(\S+)", options)
            yield {
                "Types": types,
                "URIs": uri,
                "Suites": suite,
                "Components": components,
                "Signed-By": key[1] if key else "",
            }
