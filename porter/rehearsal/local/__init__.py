"""What a rehearsal takes of this computer, and gives back: processes, ports, a folder, disk."""
