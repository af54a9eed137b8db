"""A machine without privileges: a folder for its disk, a process tree for its life.

`ProcessMachine` (`machine.py`) lays out the folder (`root.py`), answers as the instance metadata
service, and starts one child, `init.py`, whose
standard input is its lifeline: when that closes, for whatever reason, everything on the machine
ends.

Inside that child, `cloud_init.py` plays the user data, and `units.py` is the systemd of the units
that come of it: `unit_file.py` and `words.py` read systemd's syntax, `directives.py` says which
directives are followed and which cannot be, `service.py` lives one unit's life, and `control.py`
answers the machine's `systemctl` and `journalctl`.

Nothing that runs on the machine knows that it is not one.
"""
