"""EC2 Auto Scaling and Elastic Load Balancing, played.

`fleet.py` reads what Auto Scaling groups want (`auto_scaling.py`), launches hosts (`launcher.py`,
`kinds.py`), and registers them (`targets.py`) with a load balancer (`load_balancer.py`). `host.py`
asks each host's porterd. `evidence.py` collects the logs of a host that failed.
"""
