"""The CloudWatch agent: its phase and its configuration."""
