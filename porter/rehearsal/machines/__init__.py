"""The machines that play EC2 instances: a played one needs no privileges, a booted one root.

`api.py` is all that the fleet knows of them.
"""
