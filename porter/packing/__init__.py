"""Pack payloads, without the CDK: for a synthesis, and for `porter rehearse --watch` (ADR 0035)."""
