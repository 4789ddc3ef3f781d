import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { algorithmOf } from "./algorithm.ts";
import { availableImages, ImageUnavailable, imageFolderName, imageProblem, parseImageUri } from "./catalogue.ts";
import { imagesFolder } from "./folders.ts";
import { createImages } from "./images.ts";
import { knownImages } from "./list.ts";
import { environmentLock } from "./prepare.ts";

const east = "683313688378.dkr.ecr.us-east-1.amazonaws.com";

describe("an image URI is read as registry, repository and tag", () => {
  const cases: Record<string, [string, ReturnType<typeof parseImageUri>]> = {
    "a registry has a dot": [`${east}/kmeans:1`, { repository: "kmeans", tag: "1" }],
    "a registry may have a port": ["localhost:5000/team/model:v2", { repository: "team/model", tag: "v2" }],
    "a first part without dot or port belongs to the repository": ["team/model", { repository: "team/model" }],
    "a digest is no tag": [`${east}/kmeans@sha256:ab`, { repository: "kmeans" }],
    "the registry may be left out": ["kmeans:1", { repository: "kmeans", tag: "1" }],
  };
  for (const [name, [uri, expected]] of Object.entries(cases)) {
    test(name, () => assert.deepEqual(parseImageUri(uri), expected));
  }
});

describe("the catalogue finds an image by repository and tag", () => {
  const xgboost = [
    `${east}/sagemaker-xgboost:1.0-1-cpu-py3`,
    "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:0.90-2-cpu-py3",
    "811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1",
    "746614075791.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:1.2-1",
    "811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost",
  ];
  for (const uri of xgboost) test(uri, () => assert.equal(imageFolderName(uri), "xgboost"));
  const machines = [
    "382416733822.dkr.ecr.us-east-1.amazonaws.com/factorization-machines:1",
    "174872318107.dkr.ecr.us-west-2.amazonaws.com/factorization-machines:latest",
    "438346466558.dkr.ecr.eu-west-1.amazonaws.com/factorization-machines:1",
  ];
  for (const uri of machines) test(uri, () => assert.equal(imageFolderName(uri), "factorization_machines"));
});

describe("scripts run in the image of their framework, in its versions of 2020 and of today", () => {
  const cases: Record<string, readonly string[]> = {
    "xgboost.script": [`${east}/sagemaker-xgboost:1.0-1-cpu-py3`, `${east}/sagemaker-xgboost:1.7-1`],
    scikit_learn: [
      `${east}/sagemaker-scikit-learn:0.20.0-cpu-py3`,
      `${east}/sagemaker-scikit-learn:0.23-1-cpu-py3`,
      `${east}/sagemaker-scikit-learn:1.4-2-cpu-py3`,
    ],
    tensorflow: [
      "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-training:2.3.0-cpu-py37",
      "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference:2.19.0-cpu",
      "520713654638.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tensorflow-serving:1.12-cpu",
    ],
    pytorch: ["763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.8.0-cpu-py312"],
    mxnet: ["763104351884.dkr.ecr.us-east-1.amazonaws.com/mxnet-inference:1.6.0-cpu-py3"],
    spark: [
      "173754725891.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:2.4-cpu-py37-v0.1",
      "153931337802.dkr.ecr.us-west-2.amazonaws.com/sagemaker-spark-processing:2.4-cpu-py37",
      "571004829621.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py312-v1.3",
    ],
  };
  for (const [folder, uris] of Object.entries(cases))
    for (const uri of uris) test(uri, () => assert.equal(imageFolderName(uri, true), folder));
});

describe("an image that cannot be run is refused by name", () => {
  const cases: Record<string, [string, RegExp]> = {
    "known, not built yet": [
      `${east}/kmeans:1`,
      /^Image kmeans:1 is not yet available.*sagemaker-xgboost:1\.0-1-cpu-py3/,
    ],
    "a framework's, not built yet": [
      `${east}/sagemaker-rl-ray-container:ray-0.8.5-tf-cpu-py36`,
      /^Image sagemaker-rl-ray-container:ray-0\.8\.5-tf-cpu-py36 is not yet available/,
    ],
    "for Python 2": [
      `${east}/tensorflow-training:2.1.0-cpu-py2`,
      /^Image tensorflow-training:2\.1\.0-cpu-py2 is for Python 2.*Use py_version="py3"/,
    ],
    "of a framework that is no longer made": [
      `${east}/sagemaker-chainer:5.0.0-cpu-py3`,
      /^Image sagemaker-chainer:5\.0\.0-cpu-py3: Chainer is no longer made.*push it to the registry/,
    ],
    "for Elastic Inference": [`${east}/pytorch-inference-eia:1.3.1-cpu-py3`, /Elastic Inference is no longer made/],
    "a tag that AWS never had": [
      `${east}/sagemaker-xgboost:latest`,
      /no tag "latest"; expected one such as "1\.0-1-cpu-py3"/,
    ],
    "a repository nobody knows": [`${east}/mine:1`, /no repository "mine"/],
    "nothing at all": ["", /no repository ""/],
  };
  for (const [name, [uri, text]] of Object.entries(cases)) {
    test(name, () => {
      assert.match(imageProblem(uri) ?? "", text);
      assert.throws(() => imageFolderName(uri), ImageUnavailable);
    });
  }
});

test("every repository is listed once, and its example is one of its tags", () => {
  const names = knownImages.map((entry) => entry.repository);
  assert.deepEqual(names, [...new Set(names)]);
  for (const entry of knownImages) assert.match(entry.example, entry.tags, entry.repository);
});

test("every available image has its folder and the lock of its environment", () => {
  for (const { image = "", script = image } of availableImages())
    for (const name of [image, script]) {
      assert.ok(existsSync(join(imagesFolder, ...name.split("."))), name);
      assert.ok(existsSync(join(environmentLock(name), "requirements.txt")), name);
    }
});

test("a built-in algorithm says which metrics its log lines hold", async () => {
  const place = { account: "123456789012", region: "us-east-1" };
  const images = createImages({
    variables: {},
    progress: () => undefined,
    pushed: { look: async () => undefined, open: () => Promise.reject(new Error("nothing was pushed")) },
    registries: {},
    install: () => Promise.reject(new Error("nothing is to be unpacked")),
  });
  const metricsOf = async (name: string) => (await images.look(`${east}/${name}`, place)).builtInMetrics;
  const metrics = (await metricsOf("sagemaker-xgboost:1.0-1-cpu-py3")) ?? [];
  const merror = metrics.find((metric) => metric.name === "validation:merror");
  const line = "[3]#011train-merror:0.01250#011validation-merror:0.03100";
  assert.equal(new RegExp(merror?.pattern ?? "").exec(line)?.[1], "0.03100");
  const machines = (await metricsOf("factorization-machines:1")) ?? [];
  const valuesOf = (text: string) =>
    machines.flatMap(({ name, pattern }) => {
      const found = new RegExp(pattern).exec(text)?.[1];
      return found === undefined ? [] : [[name, found]];
    });
  const quality = "#quality_metric: host=algo-1,";
  const lines: Record<string, string[][]> = {
    [`${quality} test binary_f_1.000 <score>=0.9`]: [["test:binary_f_beta", "0.9"]],
    [`${quality} epoch=0, batch=0 train rmse <loss>=1.5`]: [["train:rmse", "1.5"]],
    [`${quality} epoch=0, train rmse <loss>=1.5`]: [["train:rmse:epoch", "1.5"]],
    "#progress_metric: host=algo-1, completed 50 %": [["train:progress", "50"]],
  };
  for (const [text, expected] of Object.entries(lines)) assert.deepEqual(valuesOf(text), expected);
  assert.equal(await metricsOf("kmeans:1"), undefined);
});

test("the table of factorization machines names every hyperparameter of the guide, and those of tuning jobs", () => {
  const names = algorithmOf(`${east}/factorization-machines:1`)?.hyperparameters.map((entry) => entry.name) ?? [];
  assert.deepEqual(names, [...new Set(names)]);
  const guide = 26;
  const internal = 1;
  assert.equal(names.length, guide + internal);
});

test("the table of XGBoost names every hyperparameter of the guide, once", () => {
  const names = algorithmOf(`${east}/xgboost:1`)?.hyperparameters.map((entry) => entry.name) ?? [];
  assert.deepEqual(names, [...new Set(names)]);
  const guide = 38;
  const further = 11;
  const internal = 1;
  assert.equal(names.length, guide + further + internal);
});
