"""The Splunk universal forwarder: its phase and its configuration."""
