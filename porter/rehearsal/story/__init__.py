"""How a rehearsal is told: deploy a version, follow what becomes of it, report it.

`stage.py` is the scene of a rehearsal, `deployment.py` plays one version on it. `outcome.py`,
`timeline.py`, `answer.py`, `prober.py` and `boot_share.py` observe, `report.py` puts it together.
`running.py` and `visiting.py` find and enter the machines of a rehearsal from another terminal.
"""
