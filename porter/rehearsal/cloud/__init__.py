"""The embedded AWS, and the real cdk CLI that deploys the app to it.

`emulator/` is the AWS, and `account.py` creates in it what `cdk bootstrap` would. `lookups.py` has
values for lookups, and `existing.py` finds what the app takes as existing. `workspace.py` is the
folder in which the CLI runs; `environment.py` makes an environment that cannot reach the real AWS.
`cdk.py` runs the CLI, with `docker.py` as its Docker. `assembly.py` and `user_data.py` read what
the app produced.
"""
