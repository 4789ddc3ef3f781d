// Builds the XGBoost image and lets it train with nothing of this machine in sight.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { run, runChecked } from "../command.ts";
import { buildOciImage } from "./build.ts";

const scratch = mkdtempSync(join(tmpdir(), "sagebrush-oci-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

function blob(layout: string, { digest, size }: Descriptor): string {
  const file = join(layout, "blobs/sha256", digest.replace("sha256:", ""));
  assert.equal(statSync(file).size, size);
  assert.equal(`sha256:${createHash("sha256").update(readFileSync(file)).digest("hex")}`, digest);
  return file;
}

const document = (file: string) => JSON.parse(readFileSync(file, "utf8"));

test("the image of XGBoost, unpacked alone, trains a model", async (context) => {
  const archive = join(scratch, "xgboost.tar");
  await buildOciImage("xgboost", archive, { variables: process.env, progress: () => undefined, now: new Date(0) });
  const layout = join(scratch, "layout");
  const root = join(scratch, "root");
  const ml = join(scratch, "ml");
  for (const folder of [layout, root, join(ml, "input/config"), join(ml, "input/data/train")]) {
    mkdirSync(folder, { recursive: true });
  }
  await runChecked(["tar", "-xf", archive, "-C", layout]);
  const manifest = document(blob(layout, document(join(layout, "index.json")).manifests[0]));
  const { config } = document(blob(layout, manifest.config));
  for (const layer of manifest.layers) await runChecked(["tar", "-xzf", blob(layout, layer), "-C", root]);
  const files = {
    "config/hyperparameters.json": '{"num_round": "2"}',
    "config/inputdataconfig.json": '{"train": {"ContentType": "text/csv", "TrainingInputMode": "File"}}',
    "data/train/a.csv": "1,2,3\n2,3,4\n3,4,6\n",
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(ml, "input", name), content);
  if ((await run(["bwrap", "--version"])).code !== 0) {
    context.skip("needs bubblewrap: apt-get install bubblewrap");
    return;
  }
  const variables = config.Env.flatMap((pair: string) => {
    const [name = "", ...value] = pair.split("=");
    return ["--setenv", name, value.join("=")];
  });
  const places = [
    "--ro-bind",
    root,
    "/",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
    "--bind",
    ml,
    "/opt/ml",
  ];
  const sandbox = ["bwrap", "--unshare-all", "--die-with-parent", "--clearenv", ...variables, ...places];
  const log = await runChecked([...sandbox, "--chdir", config.WorkingDir, ...config.Entrypoint, "train"]);
  assert.match(log, /^\[1\]#011train-rmse:\d/m);
  assert.ok(statSync(join(ml, "model/xgboost-model")).size > 0);
});
