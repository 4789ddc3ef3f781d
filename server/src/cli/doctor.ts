// `sagebrush doctor`
import { examine } from "../app/doctor.ts";
import type { Settings } from "../app/settings.ts";

const marks = { ok: "ok      ", limited: "limited ", missing: "MISSING " } as const;

/** Prints the findings; resolves to whether work can run here. */
export async function doctor(settings: Settings): Promise<boolean> {
  const findings = await examine(settings);
  for (const { level, name, message, remedy } of findings) {
    console.log(`${marks[level]} ${name}: ${message}`);
    if (remedy) console.log(`          to mend it: ${remedy}`);
  }
  const usable = findings.every(({ level }) => level !== "missing");
  console.log(
    usable
      ? "\nJobs and endpoints can run on this machine."
      : "\nJobs and endpoints cannot run here yet; see MISSING above.",
  );
  return usable;
}
