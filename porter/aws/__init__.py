"""All of porter's calls to AWS.

`metadata` asks the instance metadata service who this host is, and `wait_handle` signals
CloudFormation; both are plain HTTP from the standard library, because they run on every host before
and beside the service. `clients` is the only module that uses boto3, which costs a process 25 MB:
import it inside the function that needs it.
"""
