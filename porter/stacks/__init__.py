"""Look at stacks before and while `porter deploy` changes them.

`preview` finds or makes the cloud assembly that cdk will deploy, `scaling_groups` reads its Auto
Scaling groups, `observer` asks AWS with the permissions of a CDK deployment, and `live_capacity`
combines the three: how many hosts run now. During a deployment, `launch_watch` prints the launches
that EC2 refuses, which `failed_launches` finds. Nothing here changes a stack.
"""
