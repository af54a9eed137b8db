"""The operating system, the user's setup steps, the `porter` command, and porterd."""
