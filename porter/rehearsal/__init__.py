"""A rehearsal: the real deployment of an app, on this machine, without an AWS account.

`rehearse.py` tells the story. A `Stage` (`stage.py`) is a temporary folder with an embedded AWS
(`emulator/`), a copy of the app and an environment in which nothing leads to the real AWS
(`workspace.py`); it runs the real cdk CLI (`cdk.py`) in an account that looks bootstrapped
(`account.py`, `assembly.py`). The `Fleet` (`fleet.py`) then plays EC2 Auto Scaling: it reads what
each group wants (`groups.py`, `userdata.py`), starts machines (`machine/`) with moved ports
(`ports.py`), and keeps what their porterds say (`host.py`). CloudFormation has the last word
(`outcome.py`); `timeline.py`, `evidence.py` and `report.py` make it readable.

Nothing on the host side knows that it is rehearsed, and no template is bent to the emulator. This
module imports nothing: child processes begin here too.
"""
