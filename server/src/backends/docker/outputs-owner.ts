// Standard output and error of a unit with a user namespace. Podman makes the pipes as root, whom the unit does not know, so a program
// could write to them but not open them by their names, as log files that are links to /dev/stdout do. They become the unit's own
// while it is made and does not run yet, which Docker's API has no word for; Podman's own has. Podman API 4.0, ContainerInitLibpod.
import { chownSync } from "node:fs";
import type Dockerode from "dockerode";

/** Ids on this machine. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** To be called before the container is started. @throws Error with the engine's words, as its start would */
export async function ownOutputs(engine: Dockerode, container: Dockerode.Container, owner: Owner): Promise<void> {
  await initialize(engine, container.id);
  const { State } = await container.inspect();
  if (State.Pid > 0) for (const output of [1, 2]) chownSync(`/proc/${State.Pid}/fd/${output}`, owner.uid, owner.gid);
}

function initialize(engine: Dockerode, id: string): Promise<void> {
  const options = {
    path: `/v4.0.0/libpod/containers/${id}/init`,
    method: "POST",
    statusCodes: { 200: true, 204: true, 304: true, 404: "no such container", 500: "container error" },
  };
  return new Promise((resolve, reject) => {
    engine.modem.dial(options, (error: unknown) => (error ? reject(error as Error) : resolve()));
  });
}
