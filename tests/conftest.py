"""What every test shares: nothing of the developer's AWS settings, and signals as in a terminal."""

import os
import signal

for variable in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[variable]

# A shell starts background jobs with SIGINT ignored, nohup with SIGHUP; children would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
