// Puts copies of an ended training job into the data folder of a server that is not running, so many in each region named:
// node many_jobs.mjs FOLDER ACCOUNT JOB REGION=COUNT …
import { join } from "node:path";
import { realClock } from "../../server/src/core/clock.ts";
import { openSqliteRows } from "../../server/src/store/rows/sqlite/open.ts";

const [folder, account, job, ...regions] = process.argv.slice(2);
const kind = "sagemaker:training-job";
/** Rows of one commit. */
const BATCH = 1000;
const WORDS = ["train", "tune", "eval", "retry"];
/** Of a hundred jobs, four have failed and one was stopped. */
const statusOf = (number) => (number % 25 === 7 ? "Failed" : number % 100 === 42 ? "Stopped" : "Completed");

const rows = await openSqliteRows({ file: join(folder, "rows.db"), clock: realClock });
const pattern = await rows.get({ kind, scope: `${account}/us-east-1`, name: job });

for (const [region, count] of regions.map((each) => each.split("="))) {
  const scope = `${account}/${region}`;
  const copies = Array.from({ length: Number(count) }, (_, number) => {
    // Names are in another order than the times.
    const shuffled = (number * 7919) % Number(count);
    const name = `${WORDS[number % 4]}-job-${String(shuffled).padStart(6, "0")}-of-team-${number % 13}`;
    const createdAt = pattern.createdAt - (Number(count) - number) * 1000;
    const arn = pattern.document.arn.replace("us-east-1", region).replace(job, name);
    const request = { ...pattern.document.request, TrainingJobName: name };
    const document = { ...pattern.document, arn, request };
    return {
      ...pattern,
      scope,
      name,
      status: statusOf(number),
      createdAt,
      modifiedAt: createdAt + 60_000 + (number % 17) * 1000,
      document,
    };
  });
  for (let from = 0; from < copies.length; from += BATCH) await rows.commit({ put: copies.slice(from, from + BATCH) });
}
await rows.close();
