"""What `sagebrush env` prints, as a shell reads it."""

import re
import shutil
import stat
import subprocess
import sys

import pytest
from server_process import FLAGS, NODE, ROOT
from shells import in_shell, plain_variables, printed

OURS = ("AWS_", "HTTPS_PROXY", "NO_PROXY", "https_proxy", "no_proxy", "REQUESTS_CA_BUNDLE")


def ours(variables):
    return {name: value for name, value in variables.items() if name.startswith(OURS)}


def test_a_shell_that_reads_it_has_everything_that_clients_need(server):
    key, secret = server.keys()
    before = {"AWS_PROFILE": "other", "AWS_SESSION_TOKEN": "old"}
    bundle = str(server.folder / "tls/ca-bundle.pem")
    assert ours(in_shell(printed(server.folder), before)) == {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HTTPS_PROXY": server.url,
        "NO_PROXY": "localhost,127.0.0.1,::1",
        "AWS_CA_BUNDLE": bundle,
        "REQUESTS_CA_BUNDLE": bundle,
    }


def test_no_proxy_leaves_out_what_leads_other_names_here(server):
    found = ours(in_shell(printed(server.folder, "--no-proxy")))
    assert set(found) == {
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EC2_METADATA_DISABLED",
    }


def test_exceptions_that_are_set_stay_and_both_spellings_say_the_same(server):
    before = {"https_proxy": "http://old.invalid:1", "NO_PROXY": "a.invalid, 10.0.0.0/8", "no_proxy": "b.invalid"}
    found = in_shell(printed(server.folder, variables=before), before)
    exceptions = "b.invalid,a.invalid,10.0.0.0/8,localhost,127.0.0.1,::1"
    assert [found[name] for name in ("https_proxy", "HTTPS_PROXY")] == [server.url] * 2
    assert [found[name] for name in ("no_proxy", "NO_PROXY")] == [exceptions] * 2


@pytest.mark.parametrize("list_of", ["*", ".amazonaws.com", "x.invalid,amazonaws.com"])
def test_exceptions_that_lead_to_aws_itself_are_warned_of(server, list_of):
    command = [NODE, *FLAGS, ROOT / "server/src/cli/start.mjs", "env", "--data", server.folder]
    variables = {**plain_variables(), "NO_PROXY": list_of}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    assert "go to AWS itself" in done.stderr


NAMES = [
    "with space",
    "quote's",
    'double "quote"',
    "$(touch pwned)`touch pwned`;touch pwned",
    "line\nbreak",
    "ü-*?~#\\",
]


def test_any_name_of_a_data_folder_is_safe_to_evaluate(own_server, tmp_path):
    server = own_server()
    server.stop()
    for name in NAMES:
        folder = tmp_path / name
        shutil.copytree(server.folder, folder, ignore=shutil.ignore_patterns("*.sock"))
        found = in_shell(printed(folder))
        assert found["AWS_CA_BUNDLE"] == f"{folder}/tls/ca-bundle.pem"
        assert not list(tmp_path.rglob("pwned"))


CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def certificates(path):
    return CERTIFICATE.findall(path.read_text())


def test_the_bundle_holds_the_systems_authorities_the_callers_own_and_ours_each_once(server, own_server, tmp_path):
    other = own_server()
    printed(other.folder)
    plain = certificates(other.folder / "tls/ca-bundle.pem")
    assert len(plain) > 50
    assert len(set(plain)) == len(plain)
    (ours,) = certificates(other.folder / "tls/ca.pem")
    assert plain[-1] == ours

    given = tmp_path / "house.pem"
    given.write_text("The house's authority\r\n" + HOUSE_AUTHORITY.replace("\n", "\r\n"))
    printed(other.folder, variables={"AWS_CA_BUNDLE": str(given)})
    with_house = certificates(other.folder / "tls/ca-bundle.pem")
    assert set(with_house) == {*plain, HOUSE_AUTHORITY}

    # Read again by the same shell, and after another server's: no authority of ours is kept that is not this one.
    printed(other.folder, variables={"AWS_CA_BUNDLE": str(other.folder / "tls/ca-bundle.pem")})
    assert certificates(other.folder / "tls/ca-bundle.pem") == with_house
    printed(other.folder, variables={"AWS_CA_BUNDLE": str(server.folder / "tls/ca-bundle.pem")})
    assert certificates(other.folder / "tls/ca-bundle.pem") == plain


# Made by openssl for this test, its key thrown away.
HOUSE_AUTHORITY = """-----BEGIN CERTIFICATE-----
MIIBnTCCAUOgAwIBAgIUQZdzxu0Uvn0JJqEfrlQtvRhnbQUwCgYIKoZIzj0EAwIw
IzEOMAwGA1UECgwFSG91c2UxETAPBgNVBAMMCEhvdXNlIENBMCAXDTI2MTEyNTIz
MTAxMloYDzIxMjYxMTAxMjMxMDEyWjAjMQ4wDAYDVQQKDAVIb3VzZTERMA8GA1UE
AwwISG91c2UgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASWFjX3ILjshprw
Tt3I7AtVOiElU/KB0wjwnYXnmSntOiwAbLdN0T7r0P5oeGUjgYvC9SM1J6gWTGut
qmvXTkrWo1MwUTAdBgNVHQ4EFgQUqwxWE/LYGIQDxWXe0A1ffR8m6eMwHwYDVR0j
BBgwFoAUqwxWE/LYGIQDxWXe0A1ffR8m6eMwDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNIADBFAiEA52dRL8e1AvdchPzR/89AblQyvthuDArnVCEE2HYDUxsC
IDWW7atj4pkaeDiXzWnFRn1zAS9ADDNNEcVOZqCkuesG
-----END CERTIFICATE-----"""


def test_only_the_owner_can_read_the_authoritys_key(server):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (server.folder / "tls").iterdir()}
    assert modes == {"authority.pem": 0o600, "ca.pem": 0o644, "ca-bundle.pem": 0o644}
    assert stat.S_IMODE((server.folder / "tls").stat().st_mode) == 0o700


def test_two_at_once_make_one_authority(own_server):
    server = own_server()
    command = [
        sys.executable,
        "-c",
        "import subprocess,sys;[p.wait() for p in [subprocess.Popen(sys.argv[1:]) for _ in range(4)]]",
    ]
    command += [NODE, *FLAGS, ROOT / "server/src/cli/start.mjs", "env", "--data", server.folder]
    subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, check=True)
    authority = CERTIFICATE.findall((server.folder / "tls/authority.pem").read_text())
    assert authority == certificates(server.folder / "tls/ca.pem")
    assert sorted(path.name for path in (server.folder / "tls").iterdir()) == [
        "authority.pem",
        "ca-bundle.pem",
        "ca.pem",
    ]


def test_an_authority_that_cannot_be_read_is_named_with_what_to_do(own_server):
    server = own_server()
    (server.folder / "tls").mkdir()
    (server.folder / "tls/authority.pem").write_text("nonsense")
    command = [NODE, *FLAGS, ROOT / "server/src/cli/start.mjs", "env", "--data", server.folder]
    done = subprocess.run(command, env=plain_variables(), capture_output=True, text=True)
    assert done.returncode == 1
    assert "tls/authority.pem cannot be read as a key and a certificate" in done.stderr
    assert "Remove it" in done.stderr
    assert "    at " not in done.stderr
