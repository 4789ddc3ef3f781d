"""The private workforce and its teams: one workforce in a region, teams of its groups, no secret shown."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from policies import refusal
from record_nouns import POOL, a_team, of_pool
from server_process import ACCOUNT

OIDC = {
    "ClientId": "client-1",
    "ClientSecret": "Tr0ub4dor-and-3",
    "Issuer": "https://idp.example.org",
    "AuthorizationEndpoint": "https://idp.example.org/authorize",
    "TokenEndpoint": "https://idp.example.org/token",
    "UserInfoEndpoint": "https://idp.example.org/userinfo",
    "LogoutEndpoint": "https://idp.example.org/logout",
    "JwksUri": "https://idp.example.org/keys",
}
SHOWN = {key: value for key, value in OIDC.items() if key != "ClientSecret"}


def test_a_workforce_of_a_provider_never_shows_its_secret(sagemaker):
    region = sagemaker.meta.region_name
    tags = [{"Key": "owner", "Value": "ann"}]
    arn = sagemaker.create_workforce(WorkforceName="Crew", OidcConfig=OIDC, Tags=tags)["WorkforceArn"]
    assert arn == f"arn:aws:sagemaker:{region}:{ACCOUNT}:workforce/private-crowd/crew"
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags
    cidrs = {"Cidrs": ["10.0.0.0/8", "2001:db8::/32"]}
    updated = sagemaker.update_workforce(WorkforceName="Crew", SourceIpConfig=cidrs)["Workforce"]
    described = sagemaker.describe_workforce(WorkforceName="Crew")["Workforce"]
    [listed] = sagemaker.list_workforces()["Workforces"]
    assert updated == described == listed
    assert described["OidcConfig"] == SHOWN
    assert described["SourceIpConfig"] == cidrs
    assert described["SubDomain"].endswith(f".labeling.{region}.sagemaker.aws")
    assert described["LastUpdatedDate"] > described["CreateDate"]
    other = {**OIDC, "ClientSecret": "another-secret", "ClientId": "client-2"}
    changed = sagemaker.update_workforce(WorkforceName="Crew", OidcConfig=other)["Workforce"]
    assert changed["OidcConfig"] == {**SHOWN, "ClientId": "client-2"}
    assert "secret" not in json.dumps(changed, default=str).lower()


def test_no_file_of_the_server_has_the_secret_as_it_was_given(own_server):
    server = own_server()
    secret = "a-secret-that-is-nowhere-else"
    server.client("sagemaker").create_workforce(WorkforceName="crew", OidcConfig={**OIDC, "ClientSecret": secret})
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if secret.encode() in path.read_bytes()] == []


def test_a_region_has_one_workforce_and_it_goes_after_its_teams(sagemaker):
    sagemaker.create_workforce(WorkforceName="crew", CognitoConfig=POOL)
    for name in ("crew", "other"):
        assert refusal(lambda name=name: sagemaker.create_workforce(WorkforceName=name, OidcConfig=OIDC))[0] == (
            "ValidationException"
        )
    assert (
        refusal(lambda: sagemaker.update_workforce(WorkforceName="crew", OidcConfig=OIDC))[0] == "ValidationException"
    )
    sagemaker.create_workteam(**a_team("dock", WorkforceName="crew"))
    code, text = refusal(lambda: sagemaker.delete_workforce(WorkforceName="crew"))
    assert (code, "work teams" in text) == ("ResourceInUse", True)
    assert sagemaker.delete_workteam(WorkteamName="dock")["Success"] is True
    sagemaker.delete_workforce(WorkforceName="crew")
    code, text = refusal(lambda: sagemaker.describe_workforce(WorkforceName="crew"))
    assert (code, "No workforce found" in text) == ("ValidationException", True)
    sagemaker.create_workforce(WorkforceName="other", OidcConfig=OIDC)


WORKFORCES = {
    "both a pool and a provider": {"CognitoConfig": POOL, "OidcConfig": OIDC},
    "neither": {},
    "a provider without https": {"OidcConfig": {**OIDC, "Issuer": "http://idp.example.org"}},
    "more than ten address blocks": {"OidcConfig": OIDC, "SourceIpConfig": {"Cidrs": ["10.0.0.0/8"] * 11}},
    "an address block that is none": {"OidcConfig": OIDC, "SourceIpConfig": {"Cidrs": ["10.0.0/8"]}},
}


@pytest.mark.parametrize("request_", WORKFORCES.values(), ids=WORKFORCES.keys())
def test_a_workforce_is_refused_for(request_, client):
    sagemaker = client("sagemaker", region="me-south-1")
    code, text = refusal(lambda: sagemaker.create_workforce(WorkforceName="crew", **request_))
    assert code == "ValidationException"
    assert OIDC["ClientSecret"] not in text
    assert sagemaker.list_workforces()["Workforces"] == []


def test_the_first_team_of_a_pool_brings_the_default_workforce(sagemaker):
    region = sagemaker.meta.region_name
    topic = {"NotificationTopicArn": f"arn:aws:sns:{region}:{ACCOUNT}:work"}
    arn = sagemaker.create_workteam(**a_team("Dock", NotificationConfiguration=topic))["WorkteamArn"]
    assert arn == f"arn:aws:sagemaker:{region}:{ACCOUNT}:workteam/private-crowd/dock"
    [workforce] = sagemaker.list_workforces()["Workforces"]
    assert (workforce["WorkforceName"], workforce["CognitoConfig"]) == ("default", POOL)
    team = sagemaker.describe_workteam(WorkteamName="Dock")["Workteam"]
    assert [team[key] for key in ("WorkteamArn", "WorkforceArn", "SubDomain", "NotificationConfiguration")] == [
        arn,
        workforce["WorkforceArn"],
        workforce["SubDomain"],
        topic,
    ]
    members = [of_pool("dock"), of_pool("crane")]
    updated = sagemaker.update_workteam(WorkteamName="Dock", MemberDefinitions=members, Description="All")["Workteam"]
    assert (updated["MemberDefinitions"], updated["Description"]) == (members, "All")
    assert updated["NotificationConfiguration"] == topic
    assert refusal(lambda: sagemaker.create_workteam(**a_team("Dock")))[0] == "ResourceInUse"
    assert sagemaker.list_labeling_jobs_for_workteam(WorkteamArn=arn)["LabelingJobSummaryList"] == []


def test_teams_that_are_made_at_once_share_one_workforce(sagemaker):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda at: sagemaker.create_workteam(**a_team(f"team-{at}")), range(16)))
    assert len({one["WorkteamArn"] for one in made}) == 16
    assert len(sagemaker.list_workforces()["Workforces"]) == 1
    assert len(sagemaker.list_workteams(MaxResults=100)["Workteams"]) == 16


def test_of_workforces_that_are_made_at_once_one_is_there(sagemaker):
    def make(at):
        try:
            return sagemaker.create_workforce(WorkforceName=f"crew-{at}", OidcConfig=OIDC)
        except sagemaker.exceptions.ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(make, range(8)))
    assert answers.count("ValidationException") == 7
    assert len(sagemaker.list_workforces()["Workforces"]) == 1


def test_lists_of_teams_sort_and_filter(sagemaker):
    for name in ("crane", "dock", "berth"):
        sagemaker.create_workteam(**a_team(name))
    names = lambda **query: [one["WorkteamName"] for one in sagemaker.list_workteams(**query)["Workteams"]]  # noqa: E731
    assert names() == ["crane", "dock", "berth"]
    assert names(SortBy="Name") == ["berth", "crane", "dock"]
    assert names(SortBy="CreateDate", SortOrder="Descending") == ["berth", "dock", "crane"]
    assert names(NameContains="ck") == ["dock"]
    paginator = sagemaker.get_paginator("list_workteams")
    assert [len(page["Workteams"]) for page in paginator.paginate(MaxResults=2)] == [2, 1]


TEAMS = {
    "groups of both kinds": [of_pool(), {"OidcMemberDefinition": {"Groups": ["dock"]}}],
    "a definition of both kinds": [{**of_pool(), "OidcMemberDefinition": {"Groups": ["dock"]}}],
    "a definition of no kind": [{}],
    "a provider's definition without groups": [{"OidcMemberDefinition": {}}],
    "groups of two pools": [of_pool(), of_pool(UserPool="eu-west-1_Other")],
    "groups of another pool than the workforce's": [of_pool(UserPool="eu-west-1_Other")],
    "groups of a provider in a workforce of a pool": [{"OidcMemberDefinition": {"Groups": ["dock"]}}],
}


def test_a_team_is_refused_for(sagemaker):
    sagemaker.create_workforce(WorkforceName="crew", CognitoConfig=POOL)
    found = {
        why: refusal(lambda m=members: sagemaker.create_workteam(**a_team("t", *m)))[0]
        for why, members in TEAMS.items()
    }
    assert found == dict.fromkeys(TEAMS, "ValidationException")
    assert refusal(lambda: sagemaker.create_workteam(**a_team("t", WorkforceName="other")))[0] == "ValidationException"
    assert sagemaker.list_workteams()["Workteams"] == []


def test_a_region_has_25_teams(sagemaker):
    for at in range(25):
        sagemaker.create_workteam(**a_team(f"team-{at}"))
    assert refusal(lambda: sagemaker.create_workteam(**a_team("one-more")))[0] == "ResourceLimitExceeded"
    sagemaker.delete_workteam(WorkteamName="team-3")
    sagemaker.create_workteam(**a_team("one-more"))


def test_a_provider_of_a_workforce_with_teams_stays(sagemaker):
    sagemaker.create_workforce(WorkforceName="crew", OidcConfig=OIDC)
    sagemaker.create_workteam(**a_team("dock", {"OidcMemberDefinition": {"Groups": ["dock", "crane"]}}))
    assert (
        refusal(lambda: sagemaker.update_workforce(WorkforceName="crew", OidcConfig=OIDC))[0] == "ValidationException"
    )
    sagemaker.update_workforce(WorkforceName="crew", SourceIpConfig={"Cidrs": ["10.0.0.0/8"]})


def test_teams_that_are_not_there(sagemaker):
    arn = f"arn:aws:sagemaker:{sagemaker.meta.region_name}:394669845002:workteam/vendor-crowd/acme"
    assert sagemaker.list_subscribed_workteams()["SubscribedWorkteams"] == []
    assert refusal(lambda: sagemaker.describe_subscribed_workteam(WorkteamArn=arn))[0] == "ValidationException"
    for call in (sagemaker.describe_workteam, sagemaker.delete_workteam, sagemaker.update_workteam):
        code, text = refusal(lambda call=call: call(WorkteamName="none"))
        assert (code, "The work team" in text) == ("ValidationException", True)
    assert refusal(lambda: sagemaker.list_labeling_jobs_for_workteam(WorkteamArn=arn))[0] == "ResourceNotFound"
    group = {"OidcMemberDefinition": {"Groups": ["dock"]}}
    assert "No workforce found" in refusal(lambda: sagemaker.create_workteam(**a_team("dock", group)))[1]
