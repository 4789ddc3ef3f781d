// `sagebrush images`
import { build, imagesHere, install, UnknownImage } from "../app/images.ts";
import { CommandError } from "./command-error.ts";

export async function listImages(): Promise<void> {
  const { works, later } = await imagesHere();
  for (const { name, uris, installed } of works) {
    console.log(
      `${name}  ${installed ? "installed" : "not installed yet: brought at its first job, or by `sagebrush images install`"}`,
    );
    for (const uri of uris) console.log(`  <account>.dkr.ecr.<region>.amazonaws.com/${uri}`);
  }
  console.log(`\nKnown, not yet available: ${later.join(", ")}`);
}

export async function installImage(name: string): Promise<void> {
  console.log(`${name} is ready: ${await forPeople(install(name, (line) => console.log(line)))}`);
}

export async function buildImage(name: string, file: string): Promise<void> {
  await forPeople(build(name, file, (line) => console.log(line)));
  console.log(
    `${file} is written. Load it with: podman load -i ${file}   or: skopeo copy oci-archive:${file} docker-daemon:${name}:latest`,
  );
}

async function forPeople<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (cause) {
    throw cause instanceof UnknownImage ? new CommandError(cause.message) : cause;
  }
}
