"""A rehearsal: the real deployment of an app, on this machine, without an AWS account.

`rehearse.py` tells the story, one `Deployment` (`deployment.py`) for each version of the app
(`version.py`). A `Stage` (`stage.py`) is a temporary folder with an embedded AWS (`emulator/`), a
copy of the app and an environment in which nothing leads to the real AWS (`workspace.py`); it runs
the real cdk CLI (`cdk.py`) in an account that looks bootstrapped (`account.py`, `assembly.py`). The
`Fleet` (`fleet.py`) then plays EC2 Auto Scaling: it reads what each group wants (`groups.py`,
`userdata.py`), starts machines (`launcher.py`, `machine/`) with moved ports (`ports.py`), keeps
what their porterds say (`host.py`), and registers them (`targets.py`) with a load balancer
(`load_balancer.py`), which a `prober.py` asks while a version replaces another. CloudFormation has
the last word (`outcome.py`); `timeline.py`, `evidence.py` and `report.py` make it readable.

`faults.py` names what may be broken on purpose; `sabotage.py` breaks it on a host, and
`emulator/faults.py` at the wait handle.

Nothing on the host side knows that it is rehearsed, and no template is bent to the emulator. This
module imports nothing: child processes begin here too.
"""
