"""Jobs of an own image try to get out, by the attempts of tests/isolation: they may write their own layer only."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "isolation"))

from attempts.every import allowed, every
from breakouts import LEVELS, Breakouts
from pushed_images import HOST, Registry
from server_process import ServerProcess

# Writes that the built-in images refuse, and that go into the unit's own layer here.
OWN_LAYER = {"a write to a program of the image", "a new program of the image", "a write to the table of users"}
PULL = {"Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "Resource": "*"}


class OwnImageBreakouts(Breakouts):
    image = f"{HOST}/own:v1"

    def __init__(self, server, folder, pushed):
        self.pushed = pushed
        super().__init__(server, folder)

    def _prepare(self):
        super()._prepare()
        ecr = self.server.client("ecr")
        ecr.create_repository(repositoryName="own")
        Registry(self.server.url, ecr).push("own", "v1", self.pushed)
        document = json.dumps({"Version": "2012-10-17", "Statement": [PULL]})
        iam = self.server.client("iam", profile="root")
        iam.put_role_policy(RoleName="weak", PolicyName="pull", PolicyDocument=document)


@pytest.fixture(scope="module")
def breakouts(servant):
    folder = Path(tempfile.mkdtemp(prefix="isolation-"))
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    server = ServerProcess(folder=data, arguments=["--cpus", "16", "--longest-grace-seconds", "1"])
    try:
        made = OwnImageBreakouts(server.start(), folder, servant)
        yield made
        made.close()
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("level", LEVELS)
def test_a_job_of_an_own_image_gets_nothing_but_its_own_layer(breakouts, level):
    outcomes = breakouts.at(level)
    assert {name for name in every(level) if "refused" not in outcomes[name]} == OWN_LAYER
    assert [outcomes[name] for name in allowed(level) if "got" not in outcomes[name]] == []
