// Run after changing a dependency where the registry is a mirror that lacks some platforms' builds: npm then leaves
// those optional packages out of the lock file, and `npm ci` refuses it everywhere. Adds them by name and version.
import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));

/** `core-linux-arm64-musl` says on which system a build runs; npm skips it elsewhere by these fields. */
function platform(name) {
  const os = ["android", "darwin", "freebsd", "linux", "win32", "openbsd", "aix", "sunos"].find((word) =>
    name.includes(word),
  );
  const cpu = ["arm64", "x64", "ia32", "ppc64", "s390x", "arm", "riscv64", "loong64"].find((word) =>
    name.includes(word),
  );
  return os ? { os: [os], cpu: [cpu ?? "none"] } : { os: ["none"] };
}

for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (!lock.packages[key] && /^\d/.test(version))
      lock.packages[key] = {
        version,
        ...platform(name.split("/").at(-1)),
        ...(entry.dev ? { dev: true } : {}),
        optional: true,
      };
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
