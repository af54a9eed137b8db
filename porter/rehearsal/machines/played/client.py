"""The machine's `systemctl` and `journalctl`: send the arguments to init, print the answer.

This program is copied to both names in `usr/bin` below the machine's root, after a line with the
interpreter. It therefore imports only the standard library, and little of it: an apply runs
`systemctl` twenty times, and `json`, `pathlib` and `socket` take longer than all the rest.
"""

import _socket
import os
import sys

SECONDS = 600
"""Longer than a unit's start and stop together."""


def main() -> int:
    """Ask init; its answer is the exit code, the output and the error output."""
    program = os.path.abspath(sys.argv[0])  # noqa: PTH100
    # Relative, because a socket's path is limited to 107 bytes (unix(7)).
    os.chdir(os.path.join(os.path.dirname(program), "../../run"))  # noqa: PTH118, PTH120
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.settimeout(SECONDS)
    try:
        connection.connect("init.sock")
        call = "\0".join([os.path.basename(program), *sys.argv[1:]])  # noqa: PTH119
        connection.sendall(call.encode(errors="surrogateescape"))
        connection.shutdown(_socket.SHUT_WR)
        answer = b""
        while received := connection.recv(65536):
            answer += received
        code, out, err = answer.split(b"\0")
    except (OSError, ValueError) as error:
        code, out, err = b"1", b"", f"Failed to connect to this machine's init: {error}".encode()
    for text, stream in ((out, sys.stdout), (err, sys.stderr)):
        if text:
            stream.buffer.write(text + b"\n")
            stream.flush()
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
