// The filter of system calls that every unit runs under, as the program of classic BPF that seccomp(2) takes.
// A list of refusals after Docker's default profile: what reaches beyond the sandbox or has been its way out before.
import { arch } from "node:os";

const refused: Readonly<Record<string, readonly [x64: number, arm64: number]>> = {
  acct: [163, 89],
  add_key: [248, 217],
  bpf: [321, 280],
  clock_adjtime: [305, 266],
  clock_settime: [227, 112],
  delete_module: [176, 106],
  fanotify_init: [300, 262],
  finit_module: [313, 273],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fsopen: [430, 430],
  fspick: [433, 433],
  init_module: [175, 105],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_uring_setup: [425, 425],
  kexec_file_load: [320, 294],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  lookup_dcookie: [212, 18],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  move_pages: [279, 239],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  perf_event_open: [298, 241],
  pivot_root: [155, 41],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  reboot: [169, 142],
  request_key: [249, 218],
  setdomainname: [171, 162],
  sethostname: [170, 161],
  setns: [308, 268],
  settimeofday: [164, 170],
  swapoff: [168, 225],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  userfaultfd: [323, 282],
  vhangup: [153, 58],
};

/** System calls of x86-64 alone. */
const refusedOnX64 = [
  134 /* uselib */, 136 /* ustat */, 139 /* sysfs */, 156 /* _sysctl */, 172 /* iopl */, 173 /* ioperm */,
  174 /* create_module */, 177 /* get_kernel_syms */, 178 /* query_module */, 180 /* nfsservctl */,
];

const clone3 = 435;
/** CLONE_NEW* of clone(2): namespaces of cgroup, uts, ipc, user, pid, net, mount. */
const newNamespaces = 0x7e020000;

/** AF_VSOCK of socket(2): not bounded by network namespaces, it would reach the machine and what it runs on. */
const vsock = 40;

const machines = {
  x64: { audit: 0xc000003e, column: 0, clone: 56, socket: 41, extra: refusedOnX64 },
  arm64: { audit: 0xc00000b7, column: 1, clone: 220, socket: 198, extra: [] },
} as const;

const allow = 0x7fff0000;
const fail = (errno: number) => 0x00050000 | errno;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

// struct seccomp_data: nr at 0, arch at 4, the first argument's low half at 16.
const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const answer = (value: number): Instruction => [0x06, 0, 0, value];
/** Skips one instruction unless the loaded value is `k`. */
const unlessEqual = (k: number): Instruction => [0x15, 0, 1, k];
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, k: number];

/** The filter for this machine. @throws Error on a processor we have no numbers for. */
export function seccompProgram(processor: string = arch()): Buffer {
  if (processor !== "x64" && processor !== "arm64") {
    throw new Error(`The sandbox knows the system calls of x64 and arm64, not of ${processor}.`);
  }
  const machine = machines[processor];
  const numbers = [...Object.values(refused).map((pair) => pair[machine.column]), ...machine.extra];
  return assemble([
    load(4),
    [0x15, 1, 0, machine.audit],
    answer(fail(EPERM)), // 32-bit programs, whose numbers differ
    load(0),
    [0x35, 0, 1, 0x40000000],
    answer(fail(EPERM)), // the x32 numbers, likewise
    ...numbers.flatMap((number) => [unlessEqual(number), answer(fail(EPERM))]),
    unlessEqual(clone3), // its flags lie in memory, out of a filter's sight: libc falls back to clone
    answer(fail(ENOSYS)),
    [0x15, 0, 3, machine.socket],
    load(16),
    unlessEqual(vsock),
    answer(fail(EAFNOSUPPORT)),
    load(0),
    [0x15, 0, 3, machine.clone],
    load(16),
    [0x45, 0, 1, newNamespaces],
    answer(fail(EPERM)),
    answer(allow),
  ]);
}

function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, k], index) => {
    const at = index * 8;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(ifTrue, at + 2);
    bytes.writeUInt8(ifFalse, at + 3);
    bytes.writeUInt32LE(k >>> 0, at + 4);
  });
  return bytes;
}
