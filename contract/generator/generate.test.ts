// The generated contract: the files are what the pinned sources give, and facts read straight from the sources agree.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loadIam, loadService, type ServiceModel } from "../model.ts";
import type { Operations as S3 } from "../s3/types.ts";
import type { Operations as SageMaker } from "../sagemaker/types.ts";
import type { RawModel } from "./botocore.ts";
import { generate } from "./generate.ts";
import { newerMembers } from "./newer.ts";
import { services } from "./services.ts";
import { openSources } from "./sources.ts";

const sources = openSources();
const sagemaker = loadService("sagemaker");

test("generating again gives the bytes that are checked in, each file under 1 MB", () => {
  const files = [...generate(sources)];
  const checkedIn = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
  const paths = (chosen: typeof files) => chosen.map(([path]) => path);
  const differing = files.filter(([path, content]) => checkedIn(path) !== content);
  assert.deepEqual(paths(differing), [], "run `npm run generate` and commit what it writes");
  assert.deepEqual(paths(files.filter(([, content]) => Buffer.byteLength(content) > 1_000_000)), []);
});

test("SageMaker serves exactly the 137 operations of September 2020 and names every newer one", () => {
  const served = Object.keys(sagemaker.operations);
  assert.equal(served.length, 137);
  assert.deepEqual(served.toSorted(), Object.keys(sources.modelOf2020("sagemaker").operations).sort());
  assert.deepEqual(
    [...served, ...Object.keys(sagemaker.unserved)].sort(),
    Object.keys(sources.model("sagemaker").operations).sort(),
  );
});

/** A tree of shapes as lines `Path.To.Member: constraints`, from any table whose entries have these names. */
function constraints(shapes: Readonly<Record<string, object>>, root: string): readonly string[] {
  type Node = { type: string; members?: Record<string, Node & { shape: string }>; required?: string[] } & Record<
    "member" | "key" | "value",
    { shape: string } | undefined
  >;
  const lines: string[] = [];
  const walk = (name: string, path: string, inside: readonly string[]): void => {
    if (inside.includes(name)) return;
    const { type, members, required, member, key, value, ...rest } = shapes[name] as Node;
    const { min, max, pattern, enum: values } = rest as Record<string, unknown>;
    lines.push(`${path}: ${JSON.stringify({ type, required: required ?? [], min, max, pattern, values })}`);
    for (const [step, part] of [...Object.entries(members ?? {}), ...Object.entries({ member, key, value })])
      if (part !== undefined) walk(part.shape, `${path}.${step}`, [...inside, name]);
  };
  walk(root, "", []);
  return lines.sort();
}

for (const [service, operation] of [
  ["sagemaker", "CreateTrainingJob"],
  ["sagemaker", "CreateHyperParameterTuningJob"],
  ["sagemaker", "Search"],
  ["sagemaker-runtime", "InvokeEndpoint"],
  ["s3", "PutBucketLifecycleConfiguration"],
  ["iam", "CreatePolicy"],
  ["cloudwatch", "PutMetricData"],
  ["logs", "FilterLogEvents"],
] as const)
  test(`${operation} keeps every constraint of botocore's model`, () => {
    const raw: RawModel = sources.model(service);
    const ours: ServiceModel = loadService(service);
    const expected = constraints(raw.shapes, raw.operations[operation]?.input?.shape ?? "");
    assert.ok(expected.length > 5);
    assert.deepEqual(constraints(ours.shapes, ours.operations[operation]?.input ?? ""), expected);
  });

test("newer members are marked at the top-most member only", () => {
  const newerOf = (name: string) => {
    const shape = sagemaker.shapes[name];
    assert.ok(shape?.type === "structure");
    return Object.keys(shape.members).filter((member) => shape.members[member]?.newer);
  };
  assert.deepEqual(newerOf("CreateEndpointInput"), ["DeploymentConfig"]);
  assert.deepEqual(newerOf("DeploymentConfig"), []);
  assert.deepEqual(newerOf("StoppingCondition"), ["MaxPendingTimeInSeconds"]);
  assert.deepEqual(newerOf("HyperParameterAlgorithmSpecification"), []);
  assert.ok(newerOf("CreateTrainingJobRequest").includes("Environment"));
});

test("a member that one old path reaches is not newer on another path to the same structure", () => {
  const string = { type: "string" };
  const model = (inputs: Record<string, string>, shapes: Record<string, readonly [string, string][]>): RawModel => ({
    metadata: { apiVersion: "1", endpointPrefix: "x", protocol: "json" },
    operations: Object.fromEntries(
      Object.entries(inputs).map(([name, shape]) => [
        name,
        { http: { method: "POST", requestUri: "/" }, input: { shape } },
      ]),
    ),
    shapes: {
      String: string,
      ...Object.fromEntries(
        Object.entries(shapes).map(([name, members]) => [
          name,
          {
            type: "structure",
            members: Object.fromEntries(members.map(([member, shape]) => [member, { shape }])),
          },
        ]),
      ),
    },
  });
  const today = model(
    { A: "In", B: "In" },
    {
      In: [
        ["Old", "String"],
        ["OnlyB", "String"],
        ["New", "Deep"],
        ["Self", "In"],
      ],
      Deep: [["X", "String"]],
    },
  );
  const old = model(
    { A: "InA", B: "InB" },
    {
      InA: [
        ["Old", "String"],
        ["Self", "InA"],
      ],
      InB: [
        ["Old", "String"],
        ["OnlyB", "String"],
      ],
    },
  );
  assert.deepEqual(newerMembers(["A", "B"], today, old), new Map([["In", new Set(["New"])]]));
});

test("protocol facts are those the official clients use", () => {
  const facts = services.map(({ name }) => {
    const { protocols, signingName, targetPrefix, jsonVersion } = loadService(name);
    return [name, protocols.join(" "), signingName, targetPrefix, jsonVersion].filter((fact) => fact).join(" | ");
  });
  assert.deepEqual(facts, [
    "sagemaker | json | sagemaker | SageMaker | 1.1",
    "sagemaker-runtime | rest-json | sagemaker | 1.1",
    "sagemaker-a2i-runtime | rest-json | sagemaker",
    "s3 | rest-xml | s3",
    "sts | query | sts",
    "iam | query | iam",
    "logs | json | logs | Logs_20140328 | 1.1",
    "cloudwatch | cbor json query | monitoring | GraniteServiceVersion20100801 | 1.0",
    "kms | json | kms | TrentService | 1.1",
    "ecr | json | ecr | AmazonEC2ContainerRegistry_V20150921 | 1.1",
    "sns | query | sns",
    "events | json | events | AWSEvents | 1.1",
    "secretsmanager | json | secretsmanager | secretsmanager | 1.1",
    "cloudtrail | json | cloudtrail | com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101 | 1.1",
    "ec2 | ec2 | ec2",
  ]);
});

test("details of single operations and shapes survive", () => {
  const s3 = loadService("s3");
  assert.equal(loadService("sts").operations["AssumeRole"]?.resultWrapper, "AssumeRoleResult");
  assert.deepEqual(loadService("cloudwatch").operations["PutMetricData"]?.compression, ["gzip"]);
  assert.equal(s3.operations["DeleteObject"]?.status, 204);
  assert.equal(s3.unserved["GetBucketLifecycle"], undefined);
  assert.deepEqual(s3.unserved["GetObjectTorrent"], { method: "GET", uri: "/{Bucket}/{Key+}?torrent" });
  assert.deepEqual(s3.shapes["NoSuchBucket"], { type: "structure", members: {}, error: { status: 404 } });
  assert.deepEqual(s3.shapes["TagSet"], { type: "list", member: { shape: "Tag", locationName: "Tag" } });
  const lifecycle = s3.shapes["LifecycleRuleAndOperator"];
  assert.ok(lifecycle?.type === "structure");
  assert.deepEqual(lifecycle.members["Tags"], { shape: "TagSet", locationName: "Tag", flattened: true });
  const runtime = loadService("sagemaker-runtime").shapes["InternalFailure"];
  assert.ok(runtime?.type === "structure");
  assert.deepEqual(runtime.error, { status: 500, sender: false });
});

test("IAM facts name resources, condition keys and dependent actions", () => {
  const { prefix, actions, resources } = loadIam("sagemaker");
  assert.equal(prefix, "sagemaker");
  const { access, resources: types, conditionKeys, dependentActions } = actions["CreateTrainingJob"] ?? {};
  assert.equal(access, "Write");
  assert.ok(types?.includes("training-job*"));
  assert.ok(conditionKeys?.includes("sagemaker:InstanceTypes"));
  assert.deepEqual(dependentActions, ["iam:PassRole", "sagemaker:AddTags"]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders of the reference are written this way
  const arn = "arn:${Partition}:sagemaker:${Region}:${Account}:training-job/${TrainingJobName}";
  assert.equal(resources["training-job"], arn);
});

test("types hold what a handler reads and gives back", () => {
  const input: SageMaker["CreateTrainingJob"]["input"] = {
    TrainingJobName: "digits",
    RoleArn: "arn:aws:iam::123456789012:role/SageMakerRole",
    OutputDataConfig: { S3OutputPath: "s3://bucket/out" },
    HyperParameters: { num_round: "10" },
    AlgorithmSpecification: { TrainingInputMode: "File" },
    Tags: undefined,
  };
  type InputMode = NonNullable<SageMaker["CreateTrainingJob"]["input"]["AlgorithmSpecification"]>["TrainingInputMode"];
  const takesAnyString: string extends InputMode ? true : false = false;
  const created: NonNullable<SageMaker["DescribeTrainingJob"]["output"]["CreationTime"]> = 1_600_000_000.25;
  const deleted: SageMaker["DeleteModel"]["output"] = {};
  const size: S3["PutObject"]["input"]["ContentLength"] = 5;
  assert.deepEqual(
    [input.TrainingJobName, takesAnyString, typeof created, Object.keys(deleted), size],
    ["digits", false, "number", [], 5],
  );
});
