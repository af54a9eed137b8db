"""One booted machine: an overlay on the image, namespaces, control groups, systemd as process 1.

`machines.py` is where the fleet gets them from: it has the image and the private network.
`instance.py` is one of them, from power on to power off. It lays an upper layer over the image and
starts one command (`command.py`): a keeper, so that it dies with the rehearsal; then into the
network's namespace, and new ones for the rest; into the control groups (`join.py`, `groups.py`,
`hierarchies.py`); and there `boot.sh` mounts what a kernel and a hypervisor would have shown, and
becomes systemd.

`power.py` holds that command while it runs, and starts it again when the machine reboots. What the
machine prints goes through a terminal into `console.log` (`console.py`). `state.py` notes which
process is its process 1, for those who want in from another terminal. `leftovers.py` removes what
a killed rehearsal could not; `ceiling.py` knows of a limit that no unit here gets beyond.

Nothing is mounted outside of the machine's own namespace, so nothing can stay mounted.
"""
