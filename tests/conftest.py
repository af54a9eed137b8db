"""What every test shares: nothing of the developer's AWS settings reaches it."""

import os

for variable in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[variable]
