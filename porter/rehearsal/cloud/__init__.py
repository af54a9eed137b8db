"""The embedded AWS, and the real cdk CLI that deploys a copy of the app to it."""
