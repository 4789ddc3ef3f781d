// S3 to the folder, before the program starts.
import { mkdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ObjectReference } from "../../../../core/ports.ts";
import { JobFailure } from "../../../../engine/job-kind.ts";
import { replaceFile } from "../../../../store/durable.ts";
import { atOnce } from "../at-once.ts";
import { fileProblem } from "../copy-inputs.ts";
import { safeName } from "../inputs.ts";
import { s3Uri } from "../s3-uri.ts";
import {
  COPIES_AT_ONCE,
  clientErrors,
  type FolderSyncParts,
  folderPlace,
  principalOf,
  type Versions,
  versionOf,
} from "./synced.ts";

/**
 * Copies what is below the place in S3 into a folder where no program runs yet; repeating it does it again.
 * @throws JobFailure ClientError naming the object that cannot be read or cannot be a file
 */
export async function fillFolder(parts: FolderSyncParts, folder: string): Promise<void> {
  const { objects, uri, what, roleArn, work } = parts;
  const failed = (place: string, cause: Error) =>
    new JobFailure(
      `ClientError: ${what} download failed: ${place} cannot be read by the role ${roleArn}: ${cause.message}`,
    );
  const place = folderPlace(uri, what);
  const found: { readonly object: ObjectReference; readonly name: string }[] = [];
  await mkdir(folder, { recursive: true });
  await clientErrors(uri, failed, async () => {
    // A key that ends in a slash is a folder as consoles make them.
    for await (const { bucket, key } of objects.list(await principalOf(parts), place.bucket, place.key))
      if (!key.endsWith("/"))
        found.push({ object: { bucket, key }, name: safeName(key.slice(place.key.length), { bucket, key }) });
  });
  const versions: Versions = {};
  await atOnce(found, COPIES_AT_ONCE, async ({ object, name }) => {
    work.signal.throwIfAborted();
    const principal = await principalOf(parts);
    const path = join(folder, name);
    try {
      await mkdir(dirname(path), { recursive: true });
      await rm(path, { force: true }); // of an earlier try, perhaps half written
      await clientErrors(s3Uri(object), failed, () => objects.copyToFile(principal, object, path, work.signal));
      versions[name] = versionOf(await stat(path));
    } catch (cause) {
      const problem = fileProblem(object, cause);
      throw problem === undefined ? cause : new JobFailure(`ClientError: ${what} download failed: ${problem}`);
    }
  });
  await replaceFile(parts.state, JSON.stringify(versions));
}
