// The filter of system calls as a profile for Podman, whose own lets containers make user namespaces; Docker's default refuses what
// this one does. OCI runtime specification 1.0, config-linux.md, "Seccomp".
import { arch } from "node:os";
import { newNamespaces, refusedCalls, refusedOnX64, vsock } from "../shared/refused-calls.ts";

/** Of another process, such as the engine's init; Docker's default refuses it without CAP_SYS_PTRACE, which no unit has. */
const descriptorsOfOthers = "pidfd_getfd";

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

export function seccompProfile(processor: string = arch()): string {
  const isX64 = processor === "x64";
  const fail = (names: readonly string[], errnoRet: number, args: readonly object[] = []) => ({
    names,
    action: "SCMP_ACT_ERRNO",
    errnoRet,
    args,
  });
  return JSON.stringify({
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: [isX64 ? "SCMP_ARCH_X86_64" : "SCMP_ARCH_AARCH64"],
    syscalls: [
      fail([...Object.keys(refusedCalls), ...(isX64 ? Object.keys(refusedOnX64) : []), descriptorsOfOthers], EPERM),
      fail(["clone3"], ENOSYS), // its flags lie in memory, out of a filter's sight: libc falls back to clone
      fail(["socket"], EAFNOSUPPORT, [{ index: 0, value: vsock, op: "SCMP_CMP_EQ" }]),
      ...bitsOf(newNamespaces).map((bit) =>
        fail(["clone"], EPERM, [{ index: 0, value: bit, valueTwo: bit, op: "SCMP_CMP_MASKED_EQ" }]),
      ),
    ],
  });
}

const bitsOf = (flags: number): number[] =>
  Array.from({ length: 31 }, (_, index) => 2 ** index).filter((bit) => (flags & bit) !== 0);
