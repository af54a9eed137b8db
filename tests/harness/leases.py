"""A lease of a job that runs; tests change what they are about."""

from porter.aws.leases import Lease

LEASE = Lease(
    job="report",
    occurrence=1000,
    schedule="daily UTC",
    token=7,
    attempt=1,
    holder="i-a",
    claim="c",
    expires=2000,
    state="running",
)
