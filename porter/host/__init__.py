"""From a specification to a configured machine: `porter host apply`.

`goal` loads what this machine must become. Each of the `phases` looks at the machine (`facts`) and
plans `steps`: data that says what to write and which unit to restart. `perform` executes them
through `machine`, the only door to files and processes; a dry run prints them instead. `apply` goes
through the phases in order, and where one fails, `failure` tells CloudFormation why.

Since plans compare what should be with what is, applying twice does nothing the second time.
"""
