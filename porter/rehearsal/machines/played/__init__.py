"""A machine without privileges: a folder is its disk, a process tree is everything it runs.

`ProcessMachine` (`machine.py`) lays out the folder (`root.py`), serves instance metadata, and
starts one child, `init.py`. The child's standard input is its lifeline: when it closes, everything
on the machine ends.

In that child, `cloud_init.py` plays the user data, and `units.py` runs systemd units.
`unit_file.py` and `words.py` parse systemd's syntax. `directives.py` lists the directives that are
followed and those that are ignored. `service.py` runs one unit. `control.py` answers the machine's
`systemctl` and `journalctl`.

Programs on the machine cannot tell that it is played.
"""
