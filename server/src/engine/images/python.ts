// Finds the Python that environments are made of.
import { run } from "./command.ts";

export interface Python {
  /** Real path of the interpreter. */
  readonly executable: string;
  /** `3.11.2` */
  readonly version: string;
  /** Folder that holds its libraries, `/usr`. */
  readonly prefix: string;
}

const OLDEST_MINOR = 11;
/** The system's own Python comes first: it is below /usr, which every sandbox sees. */
const candidates = ["/usr/bin/python3", "python3", ...[14, 13, 12, 11].map((minor) => `python3.${minor}`)];

const question = `import os, sys
print(os.path.realpath(sys.executable), "%d.%d.%d" % sys.version_info[:3], sys.base_prefix, sep="\\n")`;

/** The first Python 3.11 or newer; SAGEBRUSH_PYTHON names another one. @throws Error that says what was looked for. */
export async function findPython(environment: Readonly<Record<string, string | undefined>>): Promise<Python> {
  const wanted = environment["SAGEBRUSH_PYTHON"];
  const tried: string[] = [];
  for (const candidate of wanted ? [wanted] : candidates) {
    const { code, stdout } = await run([candidate, "-I", "-c", question]);
    const [executable = "", version = "", prefix = ""] = stdout.trim().split("\n");
    if (code === 0 && isNewEnough(version)) return { executable, version, prefix };
    if (code === 0) tried.push(`${candidate} is ${version}`);
  }
  const found = tried.length === 0 ? "found none" : `found only: ${tried.join(", ")}`;
  throw new Error(
    `Images need Python 3.${OLDEST_MINOR} or newer; ${found}. Install one (Debian and Ubuntu: apt-get install python3) or name one in SAGEBRUSH_PYTHON.`,
  );
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === 3 && minor >= OLDEST_MINOR;
}
