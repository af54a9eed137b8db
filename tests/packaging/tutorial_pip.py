"""`pip` of the tutorial's test: `tutorial_pip.py VENV install REQUIREMENT...`.

It downloads nothing. It gives the virtual environment the commands of the distributions that
the command line names, and lets them import what the tests' environment has.
"""

from __future__ import annotations

import sys
import sysconfig
from importlib import metadata
from pathlib import Path

SCRIPT = """\
#!{python}
import sys
from {module} import {attribute}
sys.exit({attribute}())
"""


def main(venv: Path, verb: str, *requirements: str) -> None:
    """Install `requirements`: names, or the path of porter's wheel with the extra `rehearse`."""
    assert verb == "install", verb
    version = metadata.version("porter-cdk")
    wheel = f"/path/to/porter/dist/porter_cdk-{version}-py3-none-any.whl[rehearse]"
    for one in requirements:
        name = "porter-cdk" if one == wheel else one
        for entry in metadata.distribution(name).entry_points:
            if entry.group == "console_scripts":
                script = venv / "bin" / entry.name
                content = {"module": entry.module, "attribute": entry.attr}
                script.write_text(SCRIPT.format(python=venv / "bin" / "python", **content))
                script.chmod(0o755)
    [packages] = venv.glob("lib/python*/site-packages")
    here = [path for path in sys.path if path] + [sysconfig.get_path("purelib")]
    lines = [f"import site; site.addsitedir({path!r})" for path in dict.fromkeys(here)]
    (packages / "tests.pth").write_text("\n".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
