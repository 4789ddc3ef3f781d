// A network of the engine for each group of units, a bridge of its own: `internal` but at level open, where the engine masquerades it.
// A unit that comes to the platform's address shares the network of a container that only holds it, so that the address
// is there before its program is.
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type Dockerode from "dockerode";
import { UnitRefused, type UnitSpec } from "../backend.ts";
import { resolverFile } from "../shared/resolver.ts";
import { shortName } from "../shared/unit-files.ts";
import { type HostNetwork, holderOptions, hostOptions, hostsFile, labels, type UnitNetwork } from "./container.ts";
import { type EngineFacts, ifThere, statusOf, wordsOf } from "./engine.ts";
import { checkIdentity } from "./identity.ts";
import type { Images } from "./images.ts";
import { enterableProcess, preparePlatform } from "./namespaces.ts";
import type { UnitFolder } from "./unit-folder.ts";

export const platformAddress = "169.254.170.2";

/** Of 10.128.0.0/9, which engines, clusters and clouds use least: a /24 for each group. */
const firstSubnet = 128;
const subnets = 128 * 256;
const triesForSubnet = 64;
/** Addresses of a /24 but the network's, the gateway's and the broadcast's. */
const mostHosts = 253;

interface NetworksParts {
  readonly engine: Dockerode;
  readonly server: string;
  readonly images: Images;
}

interface GroupNetwork extends Omit<HostNetwork, "address"> {
  /** First three numbers of its addresses. */
  readonly prefix: string;
}

export class Networks {
  readonly #engine: Dockerode;
  readonly #server: string;
  readonly #images: Images;
  readonly #making = new Map<string, Promise<GroupNetwork>>();

  constructor({ engine, server, images }: NetworksParts) {
    this.#images = images;
    this.#engine = engine;
    this.#server = server;
  }

  /** Writes /etc/hosts and /etc/resolv.conf of the unit too. @throws UnitRefused */
  async take(spec: UnitSpec, facts: EngineFacts, unit: UnitFolder): Promise<UnitNetwork> {
    const { prefix, ...group } = await this.#groupNetwork(spec, facts);
    const addressOf = (host: string) => `${prefix}.${spec.hosts.indexOf(host) + 2}`;
    const network = { ...group, address: addressOf(spec.host) };
    const files = {
      hosts: hostsFile(spec.hosts, addressOf),
      "resolv.conf": spec.network === "open" ? resolverFile() : "",
    };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(unit.at("etc", name), text);
      chmodSync(unit.at("etc", name), 0o644); // whatever the server's mask is
    }
    return spec.platformSocket === undefined ? network : { holder: await this.#hold(spec, network, facts) };
  }

  /** Gives back what a unit had, and its group's network with the last one. Harmless when repeated. */
  async release(id: string, group: string, isLast: boolean): Promise<void> {
    await ifThere(this.#engine.getContainer(this.holderName(id)).remove({ force: true, v: true }));
    if (!isLast) return;
    try {
      await ifThere(this.#engine.getNetwork(this.#networkName(group)).remove());
    } catch (error) {
      // A host of it that is just going, or just coming: whoever goes last removes it.
      if (!/in use|active endpoints|associated containers/.test(wordsOf(error))) throw error;
    }
  }

  holderName(id: string): string {
    return `sagebrush-${this.#server}-${shortName(id)}-network`;
  }

  /** Names of networks that belong to none of these groups. */
  async sweep(groups: ReadonlySet<string>): Promise<void> {
    const filters = JSON.stringify({ label: [`${labels.server}=${this.#server}`] });
    for (const network of await this.#engine.listNetworks({ filters })) {
      const group = network.Labels?.[labels.group];
      if (group !== undefined && !groups.has(group)) await this.release("", group, true);
    }
  }

  #networkName(group: string): string {
    return `sagebrush-${this.#server}-${shortName(group)}`;
  }

  async #groupNetwork(spec: UnitSpec, facts: EngineFacts): Promise<GroupNetwork> {
    const { group } = spec;
    const making = this.#making.get(group) ?? this.#make(spec, facts).finally(() => this.#making.delete(group));
    this.#making.set(group, making);
    return making;
  }

  async #make(spec: UnitSpec, facts: EngineFacts): Promise<GroupNetwork> {
    const { hosts, group, network: level } = spec;
    if (hosts.length > mostHosts) throw new UnitRefused(`A group has at most ${mostHosts} hosts, got ${hosts.length}.`);
    const name = this.#networkName(group);
    const found = await ifThere(this.#engine.getNetwork(name).inspect() as Promise<Dockerode.NetworkInspectInfo>);
    const of = (subnet: string): GroupNetwork => ({
      network: name,
      prefix: subnet.replace(/\.0\/24$/, ""),
    });
    const subnet = found?.IPAM?.Config?.[0]?.Subnet;
    if (subnet !== undefined) return of(subnet);
    const start = Number.parseInt(shortName(`${this.#server}/${group}`).slice(0, 6), 16);
    let refusal = "";
    for (let index = 0; index < triesForSubnet; index++) {
      const number = (start + index * 7919) % subnets;
      const chosen = `10.${firstSubnet + Math.floor(number / 256)}.${number % 256}`;
      if (isTaken(chosen)) continue;
      try {
        await this.#engine.createNetwork({
          Name: name,
          Driver: "bridge",
          Internal: level !== "open",
          IPAM: { Driver: "default", Config: [{ Subnet: `${chosen}.0/24` }] },
          Labels: { [labels.server]: this.#server, [labels.group]: group },
          ...(facts.kind === "docker" ? { Options: ownBridge(level !== "open") } : {}),
        });
        return of(`${chosen}.0/24`);
      } catch (error) {
        refusal = wordsOf(error);
        if (statusOf(error) === 409) return this.#make(spec, facts); // made meanwhile
        if (!/overlap|already (being )?used|in use/i.test(refusal)) throw error;
      }
    }
    throw new Error(`The engine has no addresses left for another network: ${refusal}`);
  }

  /** A container that runs only to hold the unit's network. Its program is this machine's. */
  async #hold(spec: UnitSpec, network: HostNetwork, facts: EngineFacts): Promise<string> {
    const name = this.holderName(spec.id);
    await ifThere(this.#engine.getContainer(name).remove({ force: true })); // of a start that was cut short
    const host = hostOptions(spec.host, network);
    const own = holderOptions({
      image: await this.#images.base(),
      entrypoint: ["/bin/sleep", "infinity"],
      identity: facts,
    });
    const holder = await this.#engine.createContainer({
      ...host,
      ...own,
      name,
      Labels: { [labels.server]: this.#server },
      HostConfig: { ...own.HostConfig, ...host.HostConfig },
    });
    await holder.start();
    const inside = await enterableProcess(this.#engine, holder.id);
    checkIdentity(facts, inside.process);
    await preparePlatform(inside, platformAddress);
    return holder.id;
  }
}

/** Without an address of this machine on the bridge of an internal network, its ports are out of reach from there. Docker 27.1 */
function ownBridge(isInternal: boolean): Record<string, string> {
  return isInternal ? { "com.docker.network.bridge.gateway_mode_ipv4": "isolated" } : {};
}

/** Whether this machine has addresses or routes below these three numbers. */
function isTaken(prefix: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  if (own.some(({ address }) => address.startsWith(`${prefix}.`))) return true;
  const inKernelOrder = prefix.split(".").reverse();
  const hex = `00${inKernelOrder.map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`.toUpperCase();
  return readFileSync("/proc/net/route", "utf8").includes(`\t${hex}\t`);
}
