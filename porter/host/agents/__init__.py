"""Agents that send logs and metrics: the CloudWatch agent and the Splunk forwarder."""
