"""Attempts on the kernel: other namespaces and processes, more privilege, calls that have been ways out before."""

import ctypes
import glob
import os
import resource
import struct

from attempts.files import read, write
from attempts.make import LIBC, system_call

PTRACE = (101, 117)
NEW_NAMESPACES = {"mount": 0x20000, "user": 0x10000000, "network": 0x40000000, "process": 0x20000000}


def mount(source, target, kind=b"tmpfs", flags=0):
    return system_call((165, 40), source, target, kind, flags, None)


def mounted(target, source=b"none", kind=b"tmpfs", flags=0):
    def attempt(facts):
        os.makedirs("/tmp/place", exist_ok=True)
        mount(source, target, kind, flags)
        return os.listdir(target)

    return attempt


def unshared(flag):
    def attempt(facts):
        return system_call((272, 97), flag)

    return attempt


def cloned(facts):
    """clone(2) and clone3(2) with a new user namespace: a child that is root in it."""
    flags = 0x10000000 | 17
    try:
        pid = system_call((56, 220), flags, 0, 0, 0, 0)
    except OSError:
        arguments = struct.pack("8Q", 0x10000000, 0, 0, 0, 17, 0, 0, 0)
        pid = system_call((435, 435), arguments, len(arguments))
    if pid == 0:
        os._exit(0)
    return pid


def entered(name):
    def attempt(facts):
        space = os.open(f"/proc/1/ns/{name}", os.O_RDONLY)
        system_call((308, 268), space, 0)
        return "entered"

    return attempt


def is_the_server(process):
    """Whether the id, which may be one of this sandbox's own, means the server here too."""
    return b"sagebrush" in read(f"/proc/{process}/cmdline")


def traced(facts):
    """PTRACE_SEIZE of the server. Process 1 may be traced: it is of the sandbox, with less rights than the program."""
    if is_the_server(facts["server_process"]):
        return system_call(PTRACE, 0x4206, facts["server_process"], None, None)
    return None


def memory_of_another(facts):
    """process_vm_readv(2) of the server."""
    if not is_the_server(facts["server_process"]):
        return None
    buffer = ctypes.create_string_buffer(16)
    local = struct.pack("QQ", ctypes.addressof(buffer), 16)
    remote = struct.pack("QQ", 0x400000, 16)
    system_call((310, 270), facts["server_process"], local, 1, remote, 1, 0)
    return buffer.raw


def environment_of_the_server(facts):
    found = read(f"/proc/{facts['server_process']}/environ")
    return found or None


def processes_outside(facts):
    """Command lines that are no program of this job."""
    found = [path for path in glob.glob("/proc/[0-9]*/cmdline") if b"serve" in read(path)]
    return found or None


def signal_to_the_server(facts):
    if is_the_server(facts["server_process"]):
        os.kill(facts["server_process"], 0)
        return "reached"
    return None


def capabilities(facts):
    """capset(2) with every capability."""
    header, everything = struct.pack("Ii", 0x20080522, 0), struct.pack("6I", *[0xFFFFFFFF] * 6)
    return system_call((126, 91), header, everything)


def privileges(facts):
    """Programs with the set-user-ID bit give nothing once no_new_privs is set."""
    lines = dict(line.split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
    return None if lines["NoNewPrivs"].strip() == "1" and lines["Seccomp"].strip() == "2" else lines["NoNewPrivs"]


def dangerous_capabilities(facts):
    """Any that Docker does not give either: all but those of files, users, signals and low ports.

    The bounding set does not count: without new privileges nothing is gained from it.
    """
    lines = dict(line.split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
    harmless = sum(1 << number for number in (0, 1, 3, 4, 5, 6, 7, 8, 10, 31))
    held = (int(lines[name], 16) & ~harmless for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"))
    return next(filter(None, held), None)


def user_of_the_host(facts):
    """An id beyond those that were lent to the sandbox."""
    os.setuid(70_000)
    return os.getuid()


def user_zero_of_the_machine(facts):
    """The kernel's settings belong to user 0 outside, who is nobody here."""
    return "the same" if os.stat("/proc/sys/kernel/core_pattern").st_uid == os.geteuid() else None


def written(path, value=b"0"):
    def attempt(facts):
        with open(path, "wb") as file:
            file.write(value)
        return "written"

    return attempt


def control_groups(facts):
    """Limits of one's own, wherever they may be."""
    paths = glob.glob("/sys/fs/cgroup/**/*max*", recursive=True) + glob.glob(
        "/sys/fs/cgroup/**/*limit*", recursive=True
    )
    for path in paths:
        try:
            return write(path)
        except OSError:
            continue
    return None


def last_to_be_killed(facts):
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")
    return open("/proc/self/oom_score_adj").read()


def more_descriptors(facts):
    """A hard limit raised beyond what the sandbox was given."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))
    return resource.getrlimit(resource.RLIMIT_NOFILE)


def clock(facts):
    import time

    time.clock_settime(time.CLOCK_REALTIME, time.time())
    return "set"


def name_of_the_host(facts):
    name = b"owned"
    return system_call((170, 161), name, len(name))


def changed_root(facts):
    """The classic: chroot below the working directory, then climb."""
    os.makedirs("/tmp/below", exist_ok=True)
    os.chroot("/tmp/below")
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    return read(facts["secret"])


def foreign_program(facts):
    """The 32-bit entry of the kernel, whose numbers a filter may not know: getpid by int 0x80."""
    if os.uname().machine != "x86_64":
        return None
    import mmap

    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(bytes.fromhex("b815000000cd80c3"))  # mov eax, 21 (mount); int 0x80; ret
    result = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
    if result in (-1, -38):
        raise OSError(-result, os.strerror(-result))
    return result


def io_uring(facts):
    return system_call((425, 425), 4, ctypes.create_string_buffer(120))


def performance(facts):
    attributes = struct.pack("IIQ", 1, 112, 0) + b"\0" * 96
    return system_call((298, 241), attributes, 0, -1, -1, 0)


def key_ring(facts):
    return system_call((250, 219), 0, -3, 1)


def kernel_key(facts):
    return system_call((248, 217), b"user", b"name", b"x", 1, -3)


def program_of_bpf(facts):
    return system_call((321, 280), 0, struct.pack("IIII", 1, 4, 4, 1) + b"\0" * 100, 116)


def fault_handler(facts):
    return system_call((323, 282), 1)


def module(facts):
    return system_call((175, 105), b"\x7fELF", 4, b"")


def new_kernel(facts):
    return system_call((246, 104), 0, 0, None, 0)


def swap(facts):
    return system_call((167, 224), b"/tmp/swap", 0)


def restart(facts):
    """Turns Ctrl-Alt-Del off: the least that reboot(2) can do."""
    return system_call((169, 142), 0xFEE1DEAD, 672274793, 0)


def messages(facts):
    return system_call((103, 116), 3, ctypes.create_string_buffer(100), 100)


def new_file_system(facts):
    return system_call((430, 430), b"tmpfs", 0)


def tree_of_mounts(facts):
    return system_call((428, 428), -100, b"/", 1)


def port_of_the_machine(facts):
    return system_call((172, 0), 3) if os.uname().machine == "x86_64" else None


def descriptor_of_another(facts):
    """pidfd_getfd(2) of all that process 1 holds: more than its output and what wakes it would lead outside."""
    handle, found = os.pidfd_open(1), []
    for number in range(64):
        try:
            taken = system_call((438, 438), handle, number, 0)
        except OSError:
            continue
        target = os.readlink(f"/proc/self/fd/{taken}")
        if not target.startswith(("/dev/null", "anon_inode:[eventfd]")) and not target.endswith("/pipe"):
            found.append(target)
    return found or None


def watched_files(facts):
    return system_call((300, 262), 0, 0)


def first_process_ended(facts):
    os.kill(1, 9)
    return None if LIBC.getppid() else "gone"


ATTEMPTS = {
    "a file system mounted": mounted(b"/tmp/place"),
    "a folder mounted elsewhere": mounted(b"/tmp/place", b"/proc/1/root", None, 0x1000),
    "the image mounted again, writable": lambda facts: mount(b"none", b"/usr", None, 0x20 | 0x1000),
    "control groups mounted": mounted(b"/tmp/place", kind=b"cgroup2"),
    "the kernel's debugging files mounted": mounted(b"/tmp/place", kind=b"debugfs"),
    "a mount taken away": lambda facts: system_call((166, 39), b"/opt/ml", 2),
    "another root directory": changed_root,
    "another root mount": lambda facts: system_call((155, 41), b"/tmp", b"/tmp"),
    "a file system by the newer calls": new_file_system,
    "a copy of the tree of mounts": tree_of_mounts,
    **{f"a new {name} namespace": unshared(flag) for name, flag in NEW_NAMESPACES.items()},
    "a child in a new user namespace": cloned,
    **{f"the {name} namespace of process 1 entered": entered(name) for name in ("mnt", "net", "user", "pid")},
    "the server traced": traced,
    "the memory of the server": memory_of_another,
    "a file of the host that process 1 holds": descriptor_of_another,
    "the server's environment": environment_of_the_server,
    "the host's processes": processes_outside,
    "a signal to the server": signal_to_the_server,
    "the sandbox's first process killed": first_process_ended,
    "every capability": capabilities,
    "capabilities beyond a container's": dangerous_capabilities,
    "privilege by a program with the set-user-ID bit": privileges,
    "an id of the host's users": user_of_the_host,
    "to be user 0 of the machine": user_zero_of_the_machine,
    "the kernel's core pattern": written("/proc/sys/kernel/core_pattern", b"|/tmp/x"),
    "the kernel's magic keys": written("/proc/sysrq-trigger", b"h"),
    "the kernel's settings of memory": written("/proc/sys/vm/overcommit_memory"),
    "a module's parameters": written("/sys/module/kernel/parameters/panic"),
    "the power state of the machine": written("/sys/power/state", b"mem"),
    "a processor switched off": written("/sys/devices/system/cpu/cpu1/online"),
    "control groups": control_groups,
    "to be the last that is killed for want of memory": last_to_be_killed,
    "more open files than allowed": more_descriptors,
    "the clock": clock,
    "the name of the host": name_of_the_host,
    "the kernel's 32-bit entry": foreign_program,
    "io_uring": io_uring,
    "performance counters": performance,
    "a key ring": key_ring,
    "a key": kernel_key,
    "a program of BPF": program_of_bpf,
    "a handler of page faults": fault_handler,
    "a module of the kernel": module,
    "another kernel": new_kernel,
    "swap": swap,
    "a restart of the machine": restart,
    "the kernel's log": messages,
    "ports of the machine": port_of_the_machine,
    "a watch over a whole file system": watched_files,
}
