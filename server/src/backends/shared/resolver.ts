// Which name servers units ask.
import { readIfThere } from "./read-if-there.ts";

/** Contents of /etc/resolv.conf for units: the servers this machine asks, as far as units reach them. */
export function resolverFile(): string {
  for (const path of [
    "/etc/resolv.conf",
    "/run/systemd/resolve/resolv.conf",
    "/run/NetworkManager/no-stub-resolv.conf",
  ]) {
    const lines = readIfThere(path).split("\n");
    const servers = lines.filter((line) => /^nameserver\s+(?!127\.)\d+\.\d+\.\d+\.\d+\s*$/.test(line));
    const rest = lines.filter((line) => /^(search|options|domain)\s/.test(line));
    if (servers.length > 0) return `${[...rest, ...servers].join("\n")}\n`;
  }
  return "";
}
