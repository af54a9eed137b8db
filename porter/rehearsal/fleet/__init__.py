"""EC2 Auto Scaling and Elastic Load Balancing, played: hosts as the groups in AWS want them."""
