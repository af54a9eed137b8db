"""What every feature of `porter host apply` builds on; this folder imports no feature.

`view` reads a machine, `machine` also changes it. `goal` is what the machine must become. A `phase`
looks (`facts`) and plans `steps`; `service` plans files and units, the commonest of plans.
"""
