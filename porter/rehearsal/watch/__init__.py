"""`porter rehearse --watch`: give running hosts what was saved (ADR 0035)."""
