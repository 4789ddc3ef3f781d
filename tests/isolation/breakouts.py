"""A server with jobs that try to get out, one for each level of the network, and what came of every attempt."""

import io
import json
import tarfile
from pathlib import Path

import container_engine
from networks import default_network
from outside_world import VSOCK_PORT, OutsideWorld, host_address
from own_programs import printed
from server_process import ACCOUNT, ROLE, wait_until
from xgboost_jobs import IMAGE, channel, ended_job, training_request

HERE = Path(__file__).parent
#: How a job asks for each level.
LEVELS = {
    "isolated": lambda _: {"EnableNetworkIsolation": True},
    "platform": lambda server: {"VpcConfig": default_network(server)},
    "open": lambda _: {},
}
VICTIM_PORT = 5000
WEAK = f"arn:aws:iam::{ACCOUNT}:role/weak"
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
# The job's own data and no other: not the logs of others, not the objects of others.
RIGHTS = [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::attempts/*"},
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::attempts"},
]


class Breakouts:
    """A server, what there is around it, and the outcome of every attempt of a job at a level."""

    image = IMAGE

    def __init__(self, server, folder):
        self.server = server
        self.world = OutsideWorld(folder)
        self.outcomes = {}
        self._prepare()
        self.victim = self._start_victim()

    def _prepare(self):
        s3 = self.server.client("s3")
        for bucket in ("attempts", "others"):
            s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket="others", Key="secret", Body=self.world.secret_text.encode())
        s3.put_object(Bucket="attempts", Key="victim/input", Body=b"as it was")
        for file in (HERE / "attempts").glob("*.py"):
            s3.put_object(Bucket="attempts", Key=f"code/attempts/{file.name}", Body=file.read_bytes())
        for file in (HERE / "programs").glob("*.py"):
            s3.put_object(Bucket="attempts", Key=f"code/{file.name}", Body=file.read_bytes())
        iam = self.server.client("iam", profile="root")
        iam.create_role(RoleName="weak", AssumeRolePolicyDocument=json.dumps(TRUST))
        document = json.dumps({"Version": "2012-10-17", "Statement": RIGHTS})
        iam.put_role_policy(RoleName="weak", PolicyName="own-data", PolicyDocument=document)

    def _run(self, name, program, hyperparameters, changes):
        channels = [channel("attempts", "code/", name="code"), channel("attempts", "victim/", name="victim")]
        request = training_request(name, "attempts", hyperparameters, channels, RoleArn=WEAK, **changes)
        request["AlgorithmSpecification"] = {
            "TrainingImage": self.image,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", f"/opt/ml/input/data/code/{program}"],
            "ContainerArguments": ["train"],
        }
        self.server.client("sagemaker").create_training_job(**request)

    def lines(self, job):
        return printed(self.server, job)

    def _start_victim(self):
        self._run("victim", "victim.py", {}, {})
        line = wait_until(
            lambda: next((line for line in self.lines("victim") if line.startswith("{")), None),
            60,
            "the other job listens",
        )
        return json.loads(line)

    def at(self, level):
        """{attempt: outcome} of the job at the level, which is run at the first question."""
        if level not in self.outcomes:
            self._run(level, "break_out.py", self._facts(level), LEVELS[level](self.server))
            job = ended_job(self.server.client("sagemaker"), level, 240)
            assert job["TrainingJobStatus"] == "Completed", (job, self.lines(level)[-20:])
            told = [json.loads(line) for line in self.lines(level) if line.startswith('{"attempt"')]
            self.outcomes[level] = {one.pop("attempt"): one for one in told}
        return self.outcomes[level]

    def _facts(self, level):
        data, world = self.server.folder, self.world
        units = [path.parent for path in data.glob("*/*/tmp/victim")]
        assert len(units) == 1, units
        return {
            "level": level,
            "server_port": self.server.url.rsplit(":", 1)[1],
            "server_process": self.server.process.pid,
            "host_address": host_address(),
            "tcp_port": world.tcp_port,
            "udp_port": world.udp_port,
            "abstract": world.abstract,
            "unix_path": world.unix_path,
            "vsock_port": VSOCK_PORT,
            "victim_port": VICTIM_PORT,
            **{f"victim_{key}": value for key, value in self.victim.items()},
            "victim_folder": units[0],
            "secret": world.secret,
            "secret_in_tmp": units[0] / "victim",
            "secret_object": "/others/secret",
            "own_object": "/attempts/victim/input",
            "strong_role": ROLE,
            "data": data,
            "credentials": data / "credentials",
            "engine_sockets": ":".join(container_engine.sockets()),
            "platform_socket": next(data.rglob("*.sock"), data / "platform"),
        }

    def archive(self, level, name):
        """Members of an archive that the job at the level left, and all bytes of them."""
        self.at(level)
        body = self.server.client("s3").get_object(Bucket="attempts", Key=f"models/{level}/output/{name}")["Body"]
        with tarfile.open(fileobj=io.BytesIO(body.read())) as archive:
            members = archive.getmembers()
            return members, b"".join(archive.extractfile(one).read() for one in members if one.isfile())

    def close(self):
        self.world.close()
