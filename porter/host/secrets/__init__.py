"""Secrets: their values, fetched from AWS into memory, and the files that programs get."""
