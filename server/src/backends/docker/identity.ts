// Who user 0 of a unit is on this machine: an id that belongs to nobody, by a user namespace of the unit's own where the engine makes
// one for a container, or by the engine's `userns-remap`. user_namespaces(7), podman-run(1) "--userns", dockerd(8) "userns-remap".
import { readFileSync } from "node:fs";
import type Dockerode from "dockerode";
import { BackendUnusable, type Finding } from "../backend.ts";

/** Of the ids that the sandbox gives its units too; files that a container leaves are told apart from nobody else's. */
const FIRST_ID = 100_000;
const IDS = 65_536;

/** What a container is asked for. Its ids are given in words, so that they are known before it is made and for every one the same. */
const ownNamespace = `auto:uidmapping=0:${FIRST_ID}:${IDS},gidmapping=0:${FIRST_ID}:${IDS}`;

export interface Identity {
  /** Id on this machine of user 0 inside; 0 where containers have no user namespace. */
  readonly firstId: number;
  /** What the engine is asked for to give a container one of its own; absent where it has one for all, or none. */
  readonly userNamespace?: string;
}

/** In words, since the file may have settings of the operator's. */
export const REMAP =
  'put "userns-remap": "default" into /etc/docker/daemon.json and run sudo systemctl restart docker (it then keeps images and containers anew)';

/** Docker knows no user namespace for one container; there it is all of them, or none. */
export function identityOf(
  kind: "docker" | "podman",
  securityOptions: readonly string[],
  dataFolder: string,
): Identity {
  if (kind === "podman") return { firstId: FIRST_ID, userNamespace: ownNamespace };
  // With userns-remap it keeps its data in a folder named by the ids: …/100000.100000
  const isRemapped = securityOptions.some((one) => one.startsWith("name=userns"));
  return { firstId: isRemapped ? Number(/\/(\d+)\.\d+$/.exec(dataFolder)?.[1] ?? 0) : 0 };
}

/** Mode of the user namespace of a container; one that joins the network of a holder has the holder's, to whom the network belongs. */
export function userNamespaceOptions({ userNamespace }: Identity, holder?: string): Dockerode.HostConfig {
  if (userNamespace === undefined) return {};
  return { UsernsMode: holder === undefined ? userNamespace : `container:${holder}` };
}

export const WRONG_IDENTITY = 3;

/** Shell command for a container: ends with WRONG_IDENTITY where its user 0 is not who it should be. */
export const identityCheck = ({ firstId }: Identity): string =>
  `read inside outside count </proc/self/uid_map; [ "$inside $outside" = "0 ${firstId}" ] || exit ${WRONG_IDENTITY}`;

/** Id on this machine of user 0 inside, by a process there. @throws Error when it is gone */
const firstIdOf = (process: number): number =>
  Number(/^\s*0\s+(\d+)/.exec(readFileSync(`/proc/${process}/uid_map`, "utf8"))?.[1]);

/** For an engine that takes the wish and does not fulfil it. @throws BackendUnusable */
export function checkIdentity({ firstId }: Identity, process: number): void {
  const found = firstIdOf(process);
  if (found !== firstId)
    throw new BackendUnusable(
      `User 0 of a container should be ${firstId} on this machine, the engine made it ${found}.`,
    );
}

/** Why units of the engine would not be safe, unless the operator said that they may be this machine's user 0. */
export function whyUnsafe({ firstId }: Identity, asRoot: boolean): Finding | undefined {
  if (firstId > 0 || asRoot) return undefined;
  return {
    name: "user ids",
    level: "missing",
    message:
      "User 0 of a container would be user 0 of this machine: the engine has no user namespaces. Whatever gets out of one is root here.",
    remedy: `${REMAP}; or, for programs that you trust like your own, --containers-as-root true`,
  };
}
