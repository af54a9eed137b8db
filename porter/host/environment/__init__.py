"""What every program is given: its environment, its secrets, and a token for AWS credentials.

`porter host apply` writes them to a tmpfs. `porter-environment.service` (`service`) runs this
package after each boot and writes them again (`__main__`), before the programs start.
"""
