"""The embedded AWS, and the real cdk CLI that deploys a copy of the app to it.

`emulator/` is the AWS, `account.py` creates in it what `cdk bootstrap` would. `workspace.py` copies
the app and makes an environment that cannot reach the real AWS. `cdk.py` runs the CLI, with
`docker.py` as its Docker. `assembly.py` and `user_data.py` read what the app produced.
"""
