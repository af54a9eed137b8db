"""CI phases, from an app to a cloud assembly and onwards.

The cloud assembly (`cdk.out`) is the build artifact: `assembly` makes it, and whatever comes
later reads only it and AWS.
"""
