"""Containers as workloads: each has an attendant, the main process of its systemd unit (ADR 0011).

`engine.py` is the only client of Docker's Engine. It uses the HTTP API, not the command line, so no
secret shows in a list of processes. `fetch.py` pulls an image. `attend.py` is the attendant: it
reads its `order.py` from disk, has the Engine create the container (`creation.py`) with the secrets
(`secret_files.py`), prints the container's output (`output.py`) and exits as the container does.
"""
