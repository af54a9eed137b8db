"""Agents that send logs and metrics elsewhere: the CloudWatch agent, the Splunk forwarder."""
