"""Helpers of several test modules: repetitions, slowness, processes and leftovers."""
