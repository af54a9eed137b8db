"""The environment of every program: variables, secrets, and a token for AWS credentials.

`porter host apply` writes them to a tmpfs. After a boot `porter-environment.service` (`service`)
runs this package (`__main__`), which writes them again before the programs start.
"""
