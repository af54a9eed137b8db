"""Scheduled jobs: their units, which host runs an occurrence, and how it ended.

`porter-job-NAME.timer` starts `porter-lease-NAME.service` on every host. That unit claims the lease
of the occurrence (`claim`). The host that gets it starts `porter-job-NAME.service`, which has the
sandbox of a workload and writes how it ended (`ended`). Then `settle` writes the outcome to the
lease and sends an event to EventBridge. There are two services because only the one with the lease
may use the host's credentials.
"""
