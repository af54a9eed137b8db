"""Look at stacks before `porter deploy` changes them.

`preview` finds or makes the cloud assembly that cdk will deploy, `scaling_groups` reads its Auto
Scaling groups, `observer` asks AWS with the permissions of a CDK deployment, and `live_capacity`
combines the three: how many hosts run now. Nothing here changes a stack.
"""
