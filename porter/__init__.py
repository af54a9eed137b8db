"""porter runs a service on EC2, from ten lines of Python to a stack with healthy hosts.

Read the packages in the order of the data:

- `porter_cdk` (in `constructs/`): the CDK constructs for apps;
- `porter.spec`: the typed contract between synthesis and host;
- `porter.bundle`: porter's host side and its dependencies as one archive;
- `porter.host`: configures a host from the specification (`porter host apply`);
- `porter.daemon`: porterd, which checks the service, signals CloudFormation and serves credentials;
- `porter.aws`: all calls to AWS;
- `porter.build`: makes the cloud assembly of an app in CI;
- `porter.stacks`: looks at deployed stacks for `porter deploy`;
- `porter.rehearsal`: a complete deployment on one machine, without an AWS account;
- `porter.cli`: the command line.
"""

__version__ = "0.1.0"
