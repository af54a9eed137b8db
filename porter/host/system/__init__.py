"""The operating system below the service, the `porter` command, and porterd."""
