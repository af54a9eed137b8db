"""porter's host side and its pinned dependencies, as one archive that travels inside the wheel."""
