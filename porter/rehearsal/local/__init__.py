"""What a rehearsal uses of this computer: processes, ports, a folder, disk space, HAProxy."""
