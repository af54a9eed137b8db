"""Let aws_cdk find the node that porter installs, on machines without node."""

import os

from porter import toolchain

os.environ.update(toolchain.environment(os.environ))
