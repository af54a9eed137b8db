"""porter's host side and its pinned dependencies, as one archive inside the wheel.

A host unpacks `bundle.tar.xz` and runs the folder itself:
`python3.11 /opt/porter/bundle-HASH12 host apply`. A host installs nothing at boot, and synthesis
fetches nothing.

- `dependencies` installs what `host.lock` pins into a folder of its own;
- `trim` removes files that a host never reads;
- `sources` collects porter's host side, with `entry` as the folder's `__main__.py`, and `boot`,
  which the bootstrap in the user data starts;
- `stream` turns files into tar blocks that depend only on names and contents;
- `build` joins the two halves, for `make bundle` and, through `hatch_hook`, for wheels;
- `archive` locates the result.
"""
