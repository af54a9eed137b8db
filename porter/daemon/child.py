"""Ask AWS in a process of its own, so that the 25 MB of an AWS SDK are freed when it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def ask_in_a_child(
    module: str, *arguments: str, given: bytes = b"", seconds: float
) -> dict[str, Any]:
    """Run `module` with `given` on standard input; return the JSON object that it prints.

    Without an answer the object has `problem` alone, a sentence without a secret.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", module, *arguments],
            input=given,
            stdout=subprocess.PIPE,  # standard error goes to porterd's journal
            timeout=seconds,
            check=False,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"problem": f"AWS did not answer within {seconds:g} s"}
    except (OSError, ValueError):
        # The error's text is left out: it may quote the answer.
        return {"problem": "cannot ask AWS; porterd's journal says why"}
    return answer
