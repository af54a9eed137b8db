"""porter's host side and its pinned dependencies, as one archive that travels inside the wheel.

A host unpacks `bundle.tar.xz` and runs the folder itself:
`python3.11 /opt/porter/bundle-HASH12 host apply`. Nothing is installed at boot and nothing
is fetched at synthesis.

- `dependencies` installs what `host.lock` pins into a folder of its own;
- `trim` drops what a host never reads;
- `sources` collects porter's own host side, with `entry` as the folder's `__main__.py`, and
  `boot`, to which the bootstrap in the user data hands over;
- `stream` turns files into tar blocks that depend on nothing but names and contents;
- `build` puts the two halves together, for `make bundle` and, through `hatch_hook`, for wheels;
- `archive` tells everybody else where the result is.
"""
