"""From the release that runs to a newer one: a hot apply, and what nobody needs afterwards."""
