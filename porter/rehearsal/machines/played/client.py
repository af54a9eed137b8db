"""The machine's `systemctl` and `journalctl`: send the arguments to init, print the answer.

This program is copied to both names in `usr/bin` below the machine's root, after a line with the
interpreter. It therefore imports only the standard library.
"""

import json
import os
import socket
import sys
from pathlib import Path

SECONDS = 600
"""Longer than a unit's start and stop together."""


def main() -> int:
    """Ask init; its answer is the exit code, the output and the error output."""
    program = Path(sys.argv[0]).absolute()
    # Relative, because a socket's path is limited to 107 bytes (unix(7)).
    os.chdir(program.parent.parent.parent / "run")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(SECONDS)
        try:
            connection.connect("init.sock")
            connection.sendall(json.dumps([program.name, *sys.argv[1:]]).encode() + b"\n")
            code, out, err = json.loads(connection.makefile().readline())
        except (OSError, ValueError) as error:
            code, out, err = 1, "", f"Failed to connect to this machine's init: {error}"
    for text, stream in ((out, sys.stdout), (err, sys.stderr)):
        if text:
            stream.write(text + "\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
