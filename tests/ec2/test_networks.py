"""Networks as EC2 describes them, and as VpcConfig has to name them."""

import pytest
from botocore.exceptions import ClientError
from networks import default_network
from policies import allow, refusal
from server_process import ROLE, running_server, told
from xgboost_jobs import IMAGE

SETTINGS = """
vpcs:
  vpc-0a1b:
    name: training
    region: eu-west-1
    cidr: 10.0.0.0/16
    subnets:
      subnet-0a1b: 10.0.1.0/24
      subnet-0c1d: {cidr: 10.0.2.0/24, zone: eu-west-1c}
    securityGroups: {sg-0a1b: workers}
"""


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    settings = tmp_path_factory.mktemp("settings") / "sagebrush.yaml"
    settings.write_text(SETTINGS)
    with running_server("networks", "--config", str(settings)) as process:
        yield process


def by(name, *values):
    return {"Name": name, "Values": list(values)}


def test_every_region_has_a_default_vpc_with_a_subnet_in_each_zone(client):
    ec2 = client("ec2")
    [vpc] = ec2.describe_vpcs(Filters=[by("is-default", "true")])["Vpcs"]
    assert (vpc["CidrBlock"], vpc["State"], vpc["IsDefault"]) == ("172.31.0.0/16", "available", True)
    subnets = ec2.describe_subnets(Filters=[by("vpc-id", vpc["VpcId"])])["Subnets"]
    assert [subnet["AvailabilityZone"] for subnet in subnets] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert [subnet["AvailableIpAddressCount"] for subnet in subnets] == [4091] * 3
    [group] = ec2.describe_security_groups(Filters=[by("vpc-id", vpc["VpcId"])])["SecurityGroups"]
    assert (group["GroupName"], group["IpPermissionsEgress"][0]["IpProtocol"]) == ("default", "-1")
    [other] = client("ec2", region="eu-west-1").describe_vpcs()["Vpcs"]
    assert other["VpcId"] != vpc["VpcId"]
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        [value] = [
            value
            for name, value in ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute).items()
            if name.lower() == attribute.lower()
        ]
        assert value == {"Value": True}


def test_zones_and_regions_are_told(client):
    ec2 = client("ec2")
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [zone["ZoneId"] for zone in zones] == ["us-east-1-az1", "us-east-1-az2", "us-east-1-az3"]
    regions = ec2.describe_regions(RegionNames=["us-west-2"])["Regions"]
    assert regions[0]["Endpoint"] == "ec2.us-west-2.amazonaws.com"


def test_filters_and_pages_choose(client):
    ec2 = client("ec2")

    def zones(*filters, **parameters):
        found = ec2.describe_subnets(Filters=list(filters), **parameters)["Subnets"]
        return "".join(subnet["AvailabilityZone"][-1] for subnet in found)

    assert zones(by("availability-zone", "us-east-1b", "us-east-1c")) == "bc"
    assert zones(by("cidr-block", "172.31.*")) == "abc"
    assert zones(by("cidr-block", "172.31.?.0/20")) == "a"
    assert zones(by("cidr-block", "172.31.?.0/20"), by("availability-zone", "*b")) == ""
    assert zones(by("tag:Name", "*")) == ""
    pages = ec2.get_paginator("describe_subnets").paginate(PaginationConfig={"PageSize": 5})
    assert sum(len(page["Subnets"]) for page in pages) == 3
    assert refusal(lambda: zones(by("colour", "red"))) == ("InvalidParameterValue", "The filter 'colour' is invalid")


@pytest.mark.parametrize(
    ("operation", "request_", "error"),
    [
        ("describe_vpcs", {"VpcIds": ["vpc-0"]}, ("InvalidVpcID.NotFound", "The vpc ID 'vpc-0' does not exist")),
        (
            "describe_subnets",
            {"SubnetIds": ["subnet-0"]},
            ("InvalidSubnetID.NotFound", "The subnet ID 'subnet-0' does not exist"),
        ),
        (
            "describe_security_groups",
            {"GroupIds": ["sg-0"]},
            ("InvalidGroup.NotFound", "The security group 'sg-0' does not exist"),
        ),
        (
            "describe_vpcs",
            {"DryRun": True},
            ("DryRunOperation", "Request would have succeeded, but DryRun flag is set."),
        ),
    ],
)
def test_errors_are_those_of_ec2(client, operation, request_, error):
    assert refusal(lambda: getattr(client("ec2"), operation)(**request_)) == error


def test_who_may_not_and_what_is_not_there_is_said_in_ec2s_words(client, user):
    _, as_ann = user(allow("ec2:DescribeSubnets"))
    assert len(as_ann("ec2").describe_subnets()["Subnets"]) == 3
    with pytest.raises(ClientError) as caught:
        as_ann("ec2").describe_vpcs()
    response = caught.value.response
    assert response["Error"]["Code"] == "UnauthorizedOperation"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert refusal(lambda: client("ec2").run_instances(MinCount=1, MaxCount=1))[0] == "NotYetAvailable"


def test_configured_networks_are_in_their_region(configured):
    ec2 = configured.client("ec2", region="eu-west-1")
    [vpc] = ec2.describe_vpcs(Filters=[by("tag:Name", "training")])["Vpcs"]
    assert (vpc["VpcId"], vpc["CidrBlock"], vpc["IsDefault"]) == ("vpc-0a1b", "10.0.0.0/16", False)
    subnets = ec2.describe_subnets(SubnetIds=["subnet-0c1d", "subnet-0a1b"])["Subnets"]
    assert [(one["SubnetId"], one["AvailabilityZone"]) for one in subnets] == [
        ("subnet-0a1b", "eu-west-1a"),
        ("subnet-0c1d", "eu-west-1c"),
    ]
    assert len(configured.client("ec2").describe_vpcs()["Vpcs"]) == 1


def test_a_model_can_only_be_put_into_a_network_that_is_there(configured):
    sagemaker = configured.client("sagemaker", region="eu-west-1")
    default = default_network(configured, region="eu-west-1")

    def create(name, subnets, groups):
        network = {"Subnets": subnets, "SecurityGroupIds": groups}
        image = IMAGE.replace("us-east-1", "eu-west-1").replace("683313688378", "141502667606")
        sagemaker.create_model(
            ModelName=name, PrimaryContainer={"Image": image}, ExecutionRoleArn=ROLE, VpcConfig=network
        )

    create("inside", ["subnet-0a1b", "subnet-0c1d"], ["sg-0a1b"])
    create("default", default["Subnets"], default["SecurityGroupIds"])
    for subnets, groups, words in [
        (["subnet-0"], ["sg-0a1b"], "The subnet ID 'subnet-0' does not exist."),
        (["subnet-0a1b"], ["sg-0"], "The security group 'sg-0' does not exist."),
        (["subnet-0a1b"], default["SecurityGroupIds"], "have to be of one VPC"),
    ]:
        code, text = refusal(lambda subnets=subnets, groups=groups: create("outside", subnets, groups))
        assert code == "ValidationException" and words in text and "setting vpcs" in text


def test_a_setting_that_names_no_network_says_what_was_expected():
    code, text = told("config", "--vpcs", '{"vpc-1": {"cidr": "10.0.0.0/4"}}')
    assert code != 0 and "expected a block of /16 to /28" in text
