"""What every feature of `porter host apply` is built on. This folder imports no feature.

A `view` reads a machine; a `machine` also changes it. The `goal` is what the machine must become. A
`phase` collects `facts` and plans `steps`. `service` has the two commonest plans: files and units.
"""
