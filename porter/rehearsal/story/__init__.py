"""Deploy a version, observe the result, and report it.

`stage.py` prepares, `deployment.py` deploys one version. `outcome.py`, `timeline.py`, `answer.py`,
`prober.py` and `boot_share.py` observe, `report.py` presents. `running.py` and `visiting.py` find
and enter the machines of a rehearsal from another terminal.
"""
