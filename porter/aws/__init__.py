"""Everything porter says to AWS goes through here.

Two clients are plain HTTP from the standard library, because they run on every host before and
beside the service: `metadata` asks the instance metadata service who this host is, `wait_handle`
tells CloudFormation how the deployment went. `clients` is the only module that knows boto3, which
costs a process 25 MB: import it where it is needed, not at the top.
"""
