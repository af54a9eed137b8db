"""What test modules share: how much to repeat, how slow this machine is, processes and remains."""
