"""Scheduled jobs, while they run: which host of the group runs one, and what came of it.

`porter-job-NAME.timer` starts `porter-lease-NAME.service` on every host. That unit claims the lease
of the occurrence (`claim`), and where it was given has systemd run `porter-job-NAME.service`, in
the sandbox of a workload, which notes how it ended (`ended`). Then `settle` writes the outcome to
the lease and tells EventBridge. Two units, because only the one may ask for the host's credentials.
"""
