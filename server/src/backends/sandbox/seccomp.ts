// The filter of system calls that every unit runs under, as the program of classic BPF that seccomp(2) takes.
import { arch } from "node:os";
import { newNamespaces, refusedCalls, refusedOnX64, vsock } from "../shared/refused-calls.ts";

const clone3 = 435;

const machines = {
  x64: { audit: 0xc000003e, column: 0, clone: 56, socket: 41, extra: Object.values(refusedOnX64) },
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
  const numbers = [...Object.values(refusedCalls).map((pair) => pair[machine.column]), ...machine.extra];
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
