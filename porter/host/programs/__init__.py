"""The service's own programs, processes and containers, each as a systemd unit."""
