"""The machines that play EC2 instances: played ones need no privileges, booted ones need root.

The fleet knows `api.py` alone. `played/` and `booted/` implement it, with the instance metadata
service of `metadata/`. Booted machines start from an `image/` in a private network, `vpc/`.
`leftovers.py` removes the machines of rehearsals that were killed.
"""
