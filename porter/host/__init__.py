"""From a specification to a configured machine: `porter host apply`.

`apply` loads the goal and runs the `phases` in order. Each phase looks at the machine and plans
steps: data that says what to write and which unit to restart. Then the steps are performed; a dry
run prints them instead. If a phase fails, `signalling` sends the reason to CloudFormation.

A plan compares what should be with what is, so a second apply does nothing.

Each feature has a folder; imports run downwards only, from here to `core` (ADR 0019).
"""
