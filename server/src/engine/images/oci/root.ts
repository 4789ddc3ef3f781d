// The files of a root that Python runs in, gathered from this machine: interpreter, standard library, the shared
// libraries that these and the environment need (by ldd), certificates. About what a "distroless" image holds.
import { existsSync, lstatSync, readlinkSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { run, runChecked } from "../command.ts";
import type { Environment } from "../environments.ts";
import { etcFolder } from "../prepare.ts";

/** One entry of a layer. `source` is a file of this machine; links have a `link` instead, folders neither. */
export interface LayerEntry {
  /** Path inside, without the leading slash. */
  readonly path: string;
  readonly source?: string;
  readonly link?: string;
  readonly mode?: number;
}

/** Parts of the standard library that no image needs. */
const leftOut = /^(test|tests|idlelib|turtledemo|tkinter|lib2to3|ensurepip|site-packages|dist-packages|config-.*)$/;
const emptyFolders = ["dev", "etc", "opt/ml", "proc", "root", "run", "sys", "var/tmp"];
/** Libraries look for it in different places by themselves. */
export const certificates = "/etc/ssl/certs/ca-certificates.crt";
/** Links that most systems have at the top. */
const topLinks = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];
const LDD_BATCH = 200;

/** Entries of the base layer. @throws Error if ldd is missing or fails. */
export async function baseEntries(environment: Environment): Promise<LayerEntry[]> {
  const { executable } = environment.python;
  const standardLibrary = (
    await runChecked([executable, "-I", "-c", "import sysconfig; print(sysconfig.get_path('stdlib'))"])
  ).trim();
  const library = await filesBelow(standardLibrary, leftOut);
  const programs = [executable, "/bin/sh"].filter((path) => existsSync(path));
  const packages = await filesBelow(environment.folder);
  const binaries = [...programs, ...[...library, ...packages].filter((path) => /\.so(\.\d+)*$/.test(path))];
  const libraries = (await sharedLibraries(binaries)).filter((path) => !path.startsWith(`${environment.folder}/`));
  const files = [...programs, ...libraries, ...library, certificates].filter((path) => existsSync(path));
  return [
    ...emptyFolders.map((path) => ({ path })),
    { path: "tmp", mode: 0o1777 },
    ...topLinks.flatMap((name) => linkAtTop(name)),
    ...(await Promise.all(files.map(async (path) => ({ path: await placeOf(path), source: path })))),
    ...["passwd", "group", "nsswitch.conf"].map((name) => ({ path: `etc/${name}`, source: join(etcFolder, name) })),
  ];
}

/** Entries for a folder of this machine placed at `target`, links kept as links. */
export async function folderEntries(folder: string, target: string): Promise<LayerEntry[]> {
  const paths = await filesBelow(folder);
  return paths.map((path) => {
    const inside = join(target, path.slice(folder.length + 1));
    return lstatSync(path).isSymbolicLink()
      ? { path: inside, link: readlinkSync(path) }
      : { path: inside, source: path };
  });
}

/** Files and links below a folder, sorted; folders whose name matches `without` are left out. */
async function filesBelow(folder: string, without?: RegExp): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  for (const entry of entries) {
    if (without?.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(path, without)));
    else if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
  }
  return found;
}

/** Absolute paths of all shared libraries that the binaries load, and of the loader. */
async function sharedLibraries(binaries: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (let index = 0; index < binaries.length; index += LDD_BATCH) {
    // Exit code 1 only says that one of the files is no dynamic program.
    const { code, stdout, stderr } = await run(["ldd", ...binaries.slice(index, index + LDD_BATCH)]);
    if (code === 127) throw new Error(`Building an image needs ldd (package libc-bin): ${stderr}`);
    for (const [, path = ""] of stdout.matchAll(/(?:=>\s*|^\s+)(\/\S+) \(0x/gm)) found.add(path);
  }
  return [...found].sort();
}

/** Where a file of this machine goes: its folder without symbolic links, so that /lib and /usr/lib stay one. */
async function placeOf(path: string): Promise<string> {
  const folder = await realpath(dirname(path));
  return join(folder, basename(path)).slice(1);
}

function linkAtTop(name: string): LayerEntry[] {
  const path = `/${name}`;
  if (!existsSync(path) || !lstatSync(path).isSymbolicLink()) return [];
  return [{ path: name, link: readlinkSync(path) }];
}

/** Size of the file that an entry brings, following links, with its mode and time. */
export async function describe(entry: LayerEntry & { readonly source: string }) {
  const { size, mode, mtime } = await stat(entry.source);
  return { size, mode: entry.mode ?? mode & 0o777, mtime };
}
