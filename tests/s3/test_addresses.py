"""Ways to reach an object: both addressing styles, presigned addresses, upload forms, the AWS CLI."""

import os
import subprocess
import urllib.error
import urllib.request

import pytest

BOUNDARY = "----form"


def send(url, method="GET", data=None, headers=None):
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    with urllib.request.urlopen(request) as response:
        return response.status, response.read(), dict(response.headers)


def test_a_virtual_host_names_the_bucket(client, server, bucket):
    client("s3").put_object(Bucket=bucket, Key="a/b", Body=b"data")
    port = server.url.rsplit(":", 1)[1]
    presigned = client("s3", signature_version="s3v4", s3={"addressing_style": "path"}).generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "a/b"}
    )
    assert send(presigned)[1] == b"data"
    virtual = server.client(
        "s3", url=f"http://s3.localhost:{port}", s3={"addressing_style": "virtual"}, signature_version="s3v4"
    )
    url = virtual.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a/b"})
    host = url.split("/")[2]
    assert host.startswith(f"{bucket}.")
    assert send(url.replace(host, f"127.0.0.1:{port}"), headers={"Host": host})[1] == b"data"


@pytest.mark.parametrize("signature", ["s3v4", "s3"])
def test_presigned_addresses_read_and_write(client, bucket, signature):
    s3 = client("s3", signature_version=signature)
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k", "ContentType": "text/plain"})
    assert send(put, "PUT", b"data", {"Content-Type": "text/plain"})[0] == 200
    get = s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k", "ResponseContentType": "text/other"}
    )
    status, body, headers = send(get)
    assert (status, body, headers["Content-Type"]) == (200, b"data", "text/other")
    with pytest.raises(urllib.error.HTTPError) as failure:
        send(get.replace("ignature=", "ignature=A"))
    assert failure.value.code == 403


def test_a_browser_form_uploads(client, bucket):
    url, body, headers = a_form(client, bucket)
    assert send(url, "POST", body, headers)[0] == 204
    assert client("s3").get_object(Bucket=bucket, Key="dir/a.txt")["Body"].read() == b"from a form"


def test_a_browser_form_does_nothing_but_upload(client, bucket):
    url, body, headers = a_form(client, bucket)
    for other in [f"{url}/dir/a.txt?uploads", f"{url}?delete"]:
        with pytest.raises(urllib.error.HTTPError) as failure:
            send(other, "POST", body, headers)
        assert failure.value.code in (400, 403)
    assert "Uploads" not in client("s3").list_multipart_uploads(Bucket=bucket)


def a_form(client, bucket):
    """Address, body and headers of an upload to dir/a.txt."""
    form = client("s3", signature_version="s3v4").generate_presigned_post(bucket, "dir/${filename}")
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in form["fields"].items()]
    parts.append('Content-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nfrom a form')
    body = "".join(f"--{BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{BOUNDARY}--\r\n"
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return form["url"], body.encode(), headers


def test_the_command_line_copies_syncs_lists_and_removes(server, bucket, tmp_path):
    program = os.environ.get("AWS_CLI")
    if program is None:
        pytest.skip("AWS_CLI is not set; `npm test` installs the AWS CLI and sets it")

    def aws(*arguments):
        command = [program, "s3", *arguments]
        done = subprocess.run(
            command, env=server.command_environment(), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "one.txt").write_text("one")
    (source / "sub" / "two.txt").write_text("two")
    (source / "large.bin").write_bytes(os.urandom(9 * 2**20))
    aws("cp", str(source / "one.txt"), f"s3://{bucket}/copied.txt")
    aws("sync", str(source), f"s3://{bucket}/tree")
    listing = aws("ls", "--recursive", f"s3://{bucket}")
    assert [line.split()[-1] for line in listing.splitlines()] == [
        "copied.txt",
        "tree/large.bin",
        "tree/one.txt",
        "tree/sub/two.txt",
    ]
    back = tmp_path / "back"
    aws("sync", f"s3://{bucket}/tree", str(back))
    assert (back / "large.bin").read_bytes() == (source / "large.bin").read_bytes()
    assert send(aws("presign", f"s3://{bucket}/copied.txt").strip())[1] == b"one"
    aws("rm", "--recursive", f"s3://{bucket}")
    assert aws("ls", f"s3://{bucket}") == ""
