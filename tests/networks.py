"""A VpcConfig that is there: the default VPC's."""


def default_network(server, **place):
    ec2 = server.client("ec2", **place)
    subnets = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    groups = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"]
    return {"SecurityGroupIds": [groups[0]["GroupId"]], "Subnets": [subnets[0]["SubnetId"]]}
