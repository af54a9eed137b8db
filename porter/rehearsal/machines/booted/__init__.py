"""One booted machine: an overlay on the image, namespaces, control groups, systemd as process 1.

`machines.py` owns what machines share: the image and the private network. `machine.py` is one
machine, from power on to power off. It lays an upper layer over the image (`disk.py`) and starts
one command (`command.py`). That command runs under a keeper, so it ends with the rehearsal. It
enters the network namespace, makes the other namespaces, and joins the machine's control groups
(`join.py`, `control_groups.py`, `hierarchies.py`). There `boot.sh` mounts what a kernel and a
hypervisor would provide, and executes systemd.

`power.py` holds that command while it runs, and starts it again when the machine reboots.
`console.py` writes what the machine prints to `console.log`. `state.py` records the pid of process
1 for other terminals. `leftovers.py` removes what a killed rehearsal left. `ceiling.py` finds the
limit on open files that no unit can raise.

All mounts are in the machine's own mount namespace, so they end with the machine.
"""
