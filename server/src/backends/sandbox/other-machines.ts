// The suite again, as it would be on other machines: for an ordinary user, and with other programs for the internet of units.
// Root makes such a machine of mounts and, for root's own variants, of a network that only the suite sees: this one stays as it is.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { onPath } from "./processes.ts";

interface OtherMachine {
  readonly user: "root" | "ordinary";
  /** Programs it has to have, and those it has not. */
  readonly needs: readonly string[];
  readonly lacks: readonly string[];
  /** Only the cases with these words; all without. */
  readonly cases?: string;
}

const open = "at level open";
const machines: Readonly<Record<string, OtherMachine>> = {
  "the suite passes for an ordinary user": { user: "ordinary", needs: [], lacks: [] },
  "without pasta an ordinary user's units have the internet by slirp4netns": {
    ...{ user: "ordinary", needs: ["slirp4netns"], lacks: ["pasta"], cases: open },
  },
  "without nft root's units have the internet by iptables": {
    ...{ user: "root", needs: ["iptables"], lacks: ["nft"], cases: open },
  },
  "without iptables root's units have the internet by nft": {
    ...{ user: "root", needs: ["nft"], lacks: ["iptables"], cases: open },
  },
};

const ordinaryUser = 54_321;
/** Arguments: the paths that are to hold no program, `--`, what is run then. Users who may not open /dev/net/tun cannot use pasta. */
const makeMachine = `set -e
if [ "$USER_KIND" = ordinary ]; then
  mount -t tmpfs -o mode=755 devices /dev/net
  mknod -m 666 /dev/net/tun c 10 200 || :
else
  mount -t tmpfs -o mode=755 run /run
  mkdir /run/cgroup
  mount --rbind /sys/fs/cgroup /run/cgroup
  mount -t sysfs sys /sys # it shows the links of the network it was mounted in
  mount --rbind /run/cgroup /sys/fs/cgroup
  ip link set lo up
fi
while [ "$1" != -- ]; do mount --bind "$NO_PROGRAM" "$1"; shift; done
shift
exec "$@"`;

/** `options`: of Node, for the suite, which is `file`. */
export function registerOtherMachines(options: readonly string[], file: string): void {
  const isRoot = process.getuid?.() === 0;
  for (const [sentence, machine] of Object.entries(machines)) {
    const missing = ["bwrap", "unshare", ...machine.needs].filter((program) => !onPath(program));
    const skip = isRoot ? missing.length > 0 && `needs ${missing.join(", ")}` : "needs root";
    test(sentence, { skip }, (t) => runOn(t, machine, options, file));
  }
}

/** With all that it needs; layers are unpacked by it. */
function copyPackage(name: string, from: string, to: string): void {
  if (existsSync(join(to, name))) return;
  cpSync(join(from, name), join(to, name), { recursive: true });
  const { dependencies = {} } = JSON.parse(readFileSync(join(from, name, "package.json"), "utf8")) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  for (const each of Object.keys(dependencies)) copyPackage(each, from, to);
}

function runOn(t: TestContext, machine: OtherMachine, options: readonly string[], file: string): void {
  // Copied to where that user may read: the clone may lie in a folder of root's.
  const copy = mkdtempSync(join(tmpdir(), "sandbox-machine-"));
  t.after(() => rmSync(copy, { recursive: true, force: true }));
  const source = join(copy, "server/src/backends");
  cpSync(dirname(dirname(file)), source, { recursive: true });
  cpSync(process.execPath, join(copy, "node"));
  copyPackage("tar-stream", join(dirname(file), "../../../../node_modules"), join(copy, "node_modules"));
  mkdirSync(join(copy, "tmp"));
  writeFileSync(join(copy, "no-program"), "", { mode: 0o644 });
  spawnSync("chmod", ["-R", "a+rX", copy]);
  chmodSync(join(copy, "tmp"), 0o1777);
  const namespaces = ["--mount", "--propagation", "private", ...(machine.user === "root" ? ["--net"] : [])];
  const lacking = machine.lacks.flatMap((program) => onPath(program) ?? []);
  const user =
    machine.user === "root"
      ? []
      : ["setpriv", "--reuid", String(ordinaryUser), "--regid", String(ordinaryUser), "--clear-groups"];
  const chosen = machine.cases === undefined ? [] : [`--test-name-pattern=${machine.cases}`];
  const suite = [
    join(copy, "node"),
    // What a failed case leaves open must not keep its words from being told.
    "--test-force-exit",
    ...options,
    ...chosen,
    join(source, file.slice(dirname(dirname(file)).length + 1)),
  ];
  const ended = spawnSync(
    "unshare",
    [...namespaces, "sh", "-c", makeMachine, "sh", ...lacking, "--", ...user, ...suite],
    {
      env: {
        ...{ PATH: process.env["PATH"], HOME: copy, TMPDIR: join(copy, "tmp") },
        ...{ USER_KIND: machine.user, NO_PROGRAM: join(copy, "no-program"), SAGEBRUSH_OTHER_MACHINE: "1" },
      },
      encoding: "utf8",
    },
  );
  for (const [line] of ended.stdout.matchAll(/.*# .*(apt-get|chmod).*/g)) t.diagnostic(line); // what was skipped there, and what mends it
  if (ended.status !== 0) throw new Error(`There the suite failed:\n${ended.stdout}\n${ended.stderr}`);
}
