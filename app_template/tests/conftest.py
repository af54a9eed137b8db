"""Let the tests run on a machine without node: aws_cdk needs one, and porter brings it."""

import os

from porter import toolchain

os.environ.update(toolchain.environment(os.environ))
