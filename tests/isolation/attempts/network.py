"""Attempts over the network: to the host, to other jobs, to what platforms of others answer at."""

import fcntl
import json
import os
import socket
import struct
import urllib.error
import urllib.request

from attempts import signed

WAIT_SECONDS = 1
PLATFORM = "http://169.254.170.2"


def tcp(address, port, seconds=WAIT_SECONDS):
    with socket.create_connection((address, port), seconds) as line:
        line.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return line.recv(100)


def udp(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(WAIT_SECONDS)
        line.sendto(b"who is there", (address, port))
        return line.recv(100)


def ping(kind):
    """An echo request to the host; `kind` of the socket."""

    def attempt(facts):
        with socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP) as line:
            line.settimeout(WAIT_SECONDS)
            line.sendto(struct.pack("!BBHHH", 8, 0, 0xF7FD, 1, 1), (facts["host_address"], 0))
            return line.recv(100)

    return attempt


def unix(path):
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(WAIT_SECONDS)
        line.connect(path)
        line.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return line.recv(100)


def engine(facts):
    """Any of the sockets by which an engine could be commanded."""
    for path in facts["engine_sockets"].split(":"):
        try:
            return unix(path)
        except OSError:
            continue
    return None


def gateway():
    for route in open("/proc/net/route").read().splitlines()[1:]:
        fields = route.split()
        if fields[1] == "00000000":
            return socket.inet_ntoa(struct.pack("<I", int(fields[2], 16)))
    raise OSError("no default route")


def neighbours(facts):
    """Any answer from an address of the bridge other than our own."""
    base = gateway().rsplit(".", 1)[0]
    own = {line.split()[0] for line in open("/etc/hosts") if line.strip()}
    for number in range(2, 8):
        address = f"{base}.{number}"
        try:
            if address not in own:
                return tcp(address, facts["victim_port"], 0.3)
        except OSError:
            continue
    return None


def vsock(cid):
    def attempt(facts):
        with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as line:
            line.settimeout(WAIT_SECONDS)
            line.connect((cid, facts["vsock_port"]))
            line.sendall(b"who is there")
            return line.recv(100)

    return attempt


def packet_socket(facts):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as line:
        return line.getsockname()


def raw_socket(facts):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as line:
        return line.getsockname()


def new_link(facts):
    """RTM_NEWLINK of a dummy device (rtnetlink(7))."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as line:
        line.settimeout(WAIT_SECONDS)
        name = struct.pack("HH", 8, 3) + b"own\0"
        kind = struct.pack("HH", 10, 1) + b"dummy\0" + b"\0\0"
        info = struct.pack("HH", 4 + len(kind), 18) + kind
        body = struct.pack("BxHiII", socket.AF_UNSPEC, 0, 0, 0, 0) + name + info
        line.send(struct.pack("IHHII", 16 + len(body), 16, 0x605, 1, 0) + body)
        return answered(line)


def answered(line):
    error = struct.unpack("i", line.recv(200)[16:20])[0]
    if error:
        raise OSError(-error, os.strerror(-error))
    return "done"


def own_address(facts):
    """SIOCSIFADDR: another address for eth0 (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        address = struct.pack("16sH2x4s8x", b"eth0", socket.AF_INET, socket.inet_aton("192.168.7.7"))
        fcntl.ioctl(line, 0x8916, address)
        return "done"


def get(path, **headers):
    with urllib.request.urlopen(urllib.request.Request(PLATFORM + path, headers=headers), timeout=2) as answer:
        return answer.read(200)


def own_token():
    return os.environ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"].rsplit("/", 1)[1]


def credentials_of_another_job(facts):
    """The address is the other unit's, the proof is ours."""
    proof = own_token().rsplit(".", 1)[1]
    for address in (facts["victim_unit"], f"{facts['victim_unit']}.{proof}", f"{facts['victim_unit']}.", ""):
        try:
            return get(f"/v2/credentials/{address}")
        except urllib.error.HTTPError:
            continue
    return None


def unsigned_call(facts):
    headers = {"X-Amz-Target": "SageMaker.ListTrainingJobs", "Content-Type": "application/x-amz-json-1.1"}
    request = urllib.request.Request(PLATFORM, data=b"{}", headers=headers)
    with urllib.request.urlopen(request, timeout=2) as answer:
        return answer.read(200)


def another_role(facts):
    """AssumeRole of a role that trusts the platform's service only, under this job's own credentials."""
    body = f"Action=AssumeRole&Version=2011-06-15&RoleArn={facts['strong_role']}&RoleSessionName=intruder"
    return signed.call("sts", body.encode(), "application/x-www-form-urlencoded")


def object_of_another(facts):
    return signed.call("s3", b"", "text/plain", method="GET", path=facts["secret_object"])


def own_object(facts):
    return signed.call("s3", b"", "text/plain", method="GET", path=facts["own_object"])


def itself(facts):
    """By its own name, so through the table of hosts and the address of eth0."""
    with socket.create_server(("0.0.0.0", 0)) as listener:
        address = (socket.gethostname(), listener.getsockname()[1])
        with socket.create_connection(address, WAIT_SECONDS) as line:
            return line.getpeername()


def another_jobs_logs(facts):
    body = json.dumps({"logGroupName": "/aws/sagemaker/TrainingJobs"}).encode()
    headers = {"X-Amz-Target": "Logs_20140328.DescribeLogStreams"}
    return signed.call("logs", body, "application/x-amz-json-1.1", headers=headers)


# What a job of the level `open` may do like any program behind the machine's router.
OUTSIDE = {
    "a TCP connection to the host's own address": lambda facts: tcp(facts["host_address"], facts["tcp_port"]),
    "a UDP packet to the host's own address": lambda facts: udp(facts["host_address"], facts["udp_port"]),
    "an ICMP echo to the host by a ping socket": ping(socket.SOCK_DGRAM),
    "a name outside asked for by DNS": lambda facts: socket.getaddrinfo("example.com", 80),
}

PLATFORMS = {
    "the platform's address": lambda facts: get("/"),
}

ATTEMPTS = {
    "a TCP connection to the server on the host's loopback": lambda facts: tcp("127.0.0.1", facts["server_port"]),
    "a TCP connection to a listener on the host's loopback": lambda facts: tcp("127.0.0.1", facts["tcp_port"]),
    "a TCP connection to the host through the gateway": lambda facts: tcp(gateway(), facts["tcp_port"]),
    "a UDP packet to a listener on the host's loopback": lambda facts: udp("127.0.0.1", facts["udp_port"]),
    "a UDP packet to the host through the gateway": lambda facts: udp(gateway(), facts["udp_port"]),
    "a TCP connection to another job's host": lambda facts: tcp(facts["victim_address"], facts["victim_port"]),
    "a UDP packet to another job's host": lambda facts: udp(facts["victim_address"], facts["victim_port"]),
    "a TCP connection to the neighbours on the bridge": neighbours,
    "another job's host by its name": lambda facts: tcp(facts["victim_name"], facts["victim_port"]),
    "an ICMP echo to the host by a raw socket": ping(socket.SOCK_RAW),
    "a raw IP socket": raw_socket,
    "a packet socket that hears the wire": packet_socket,
    "a new network device": new_link,
    "another address for eth0": own_address,
    "an abstract Unix socket of the host": lambda facts: unix("\0" + facts["abstract"]),
    "a Unix socket of the host by its path": lambda facts: unix(facts["unix_path"]),
    "a Unix socket of the host through the root of process 1": lambda facts: unix("/proc/1/root" + facts["unix_path"]),
    "the engine's socket in the data folder": lambda facts: unix(facts["platform_socket"]),
    "the socket of a Docker engine": engine,
    "the system's message bus": lambda facts: unix("/run/dbus/system_bus_socket"),
    "a vsock connection to the machine itself": vsock(1),
    "a vsock connection to the machine's host": vsock(2),
    "the metadata service of a cloud": lambda facts: tcp("169.254.169.254", 80),
    "the credentials of another job": credentials_of_another_job,
    "a call of the API without a signature": unsigned_call,
}

# Signed with the job's own credentials: what refuses them is the role's policy.
BEYOND_THE_ROLE = {
    "a role that does not trust this job": another_role,
    "an object that the job's role may not read": object_of_another,
    "log streams that the job's role may not see": another_jobs_logs,
}

# What a job of any level, or of those with the platform's address, may do: else refusals would show nothing.
ALLOWED = {"a TCP connection to itself": itself}
ALLOWED_WITH_A_ROLE = {"an object of its own": own_object}
