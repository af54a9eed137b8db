"""CI phases: from an app to a cloud assembly, and onwards.

The cloud assembly (`cdk.out`) is the artifact of a build. `assembly` makes it; later phases read
only the assembly and AWS.
"""
