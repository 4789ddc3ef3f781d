// Who user 0 of a unit is, by what an engine says of itself, and where that is not good enough.
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { BackendUnusable } from "../backend.ts";
import { checkIdentity, identityOf, userNamespaceOptions, whyUnsafe } from "./identity.ts";

const own = "auto:uidmapping=0:100000:65536,gidmapping=0:100000:65536";
const seccomp = "name=seccomp,profile=default";

const engines: Readonly<Record<string, readonly [Parameters<typeof identityOf>, object]>> = {
  "Podman gives every container a user namespace": [
    ["podman", [seccomp], "/var/lib/containers/storage"],
    { firstId: 100_000, userNamespace: own },
  ],
  "Docker with userns-remap has one for all": [
    ["docker", [seccomp, "name=userns"], "/var/lib/docker/231072.231072"],
    { firstId: 231_072 },
  ],
  "Docker as it is installed has none": [["docker", [seccomp], "/var/lib/docker"], { firstId: 0 }],
  "a folder that looks like one of userns-remap is none": [["docker", [seccomp], "/data/1000.1000"], { firstId: 0 }],
};

for (const [sentence, [engine, identity]] of Object.entries(engines))
  test(sentence, () => deepEqual(identityOf(...engine), identity));

test("a container that joins the network of a holder has the holder's namespace, to which the network belongs", () => {
  const podman = { firstId: 100_000, userNamespace: own };
  deepEqual(userNamespaceOptions(podman), { UsernsMode: own });
  deepEqual(userNamespaceOptions(podman, "abc"), { UsernsMode: "container:abc" });
  deepEqual(userNamespaceOptions({ firstId: 231_072 }, "abc"), {});
});

test("without ids of their own units do not run, unless the operator says so", () => {
  match(whyUnsafe({ firstId: 0 }, false)?.remedy ?? "", /userns-remap.*--containers-as-root true/);
  equal(whyUnsafe({ firstId: 0 }, true), undefined);
  equal(whyUnsafe({ firstId: 100_000 }, false), undefined);
});

test("a process whose user 0 is another than asked for is no unit", () => {
  const isMapped = !/^\s*0\s+0\s/.test(readFileSync("/proc/self/uid_map", "utf8"));
  throws(() => checkIdentity({ firstId: isMapped ? 0 : 100_000 }, process.pid), BackendUnusable);
});
