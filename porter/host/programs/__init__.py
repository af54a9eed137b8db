"""The service's programs: each process and container is a systemd unit."""
