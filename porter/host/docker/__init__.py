"""Containers as workloads: Docker's Engine does as it is told, and each container has an attendant.

`engine.py` is the one door to the Engine: its HTTP API on a Unix socket, never its command line, so
that nothing shows in a list of processes. `fetch.py` brings an image there. A container's unit runs
`attend.py`: it has the Engine create the container that `creation.py` describes, with the secrets
that `handed_over.py` has for it, passes on what it prints (`output.py`), and ends as it does (ADR
0011). `order.py` is what `porter host apply` leaves for it on disk.
"""
