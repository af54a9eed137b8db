"""porter runs a service on EC2, from ten lines of Python to a healthy, signalled stack.

Read the packages in the order the data flows:

- `porter_cdk` (in `constructs/`): the CDK constructs a user writes;
- `porter.spec`: the contract between synthesis and host, plain data;
- `porter.bundle`: porter's host side and its dependencies as one archive;
- `porter.host`: spec in, configured machine out (`porter host apply`);
- `porter.daemon`: porterd, which watches the service, signals CloudFormation and hands out
  credentials;
- `porter.aws`: everything that porter says to AWS;
- `porter.build`: from an app to a cloud assembly, in CI;
- `porter.rehearsal`: a whole deployment on one machine, without an AWS account;
- `porter.cli`: the thin command line over all of it.
"""

__version__ = "0.1.0"
