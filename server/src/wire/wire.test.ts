import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Call } from "../core/call.ts";
import { ApiError, errors } from "../core/errors.ts";
import type { Service } from "../core/service.ts";
import { callJson, send, startWire, type TestServer } from "./test-client.ts";

const job = {
  TrainingJobName: "job",
  RoleArn: "arn:aws:iam::123456789012:role/SageMakerRole",
  OutputDataConfig: { S3OutputPath: "s3://bucket/out" },
};

const sagemaker: Service = {
  name: "sagemaker",
  iamPrefix: "sagemaker",
  operations: {
    CreateTrainingJob: {
      run: (input: { TrainingJobName: string }) => ({ TrainingJobArn: `arn:aws:sagemaker:x:${input.TrainingJobName}` }),
      newer: ["RetryStrategy"],
    },
    DescribeTrainingJob: {
      run: (input: { TrainingJobName: string }) => {
        if (input.TrainingJobName === "missing") throw errors.resourceNotFound("Requested resource not found.");
        if (input.TrainingJobName === "bug") throw new TypeError("secret detail");
        return { ...job, TrainingJobName: input.TrainingJobName, CreationTime: 1600000000.25, NotInTheModel: 1 };
      },
    },
    StopTrainingJob: { run: () => undefined },
    ListTrainingJobs: {
      run: (_input: object, call: Call) => call.invoke("sagemaker", "DescribeTrainingJob", { TrainingJobName: "x y" }),
    },
    ListModels: { run: () => ({ Models: [] }) },
  },
};

const sts: Service = {
  name: "sts",
  iamPrefix: "sts",
  operations: { GetCallerIdentity: { run: (_input: object, call: Call) => ({ Arn: call.principal.arn }) } },
};

const iam: Service = {
  name: "iam",
  iamPrefix: "iam",
  operations: {
    CreateRole: {
      run: (input: { RoleName: string; Tags: unknown }) => ({
        Role: { RoleName: input.RoleName, Tags: input.Tags, CreateDate: 1600000000 },
      }),
    },
    GetRole: {
      run: () => {
        throw new ApiError("NoSuchEntityException", 404, "The role <x> cannot be found.");
      },
    },
  },
};

let server: TestServer;
before(async () => {
  server = await startWire([sagemaker, sts, iam], ["sagemaker:ListModels"]);
});
after(() => server.close());

const call = (operation: string, input: unknown) => callJson(server.port, "sagemaker", `SageMaker.${operation}`, input);
const form = (service: string, body: string) =>
  send(server.port, { service, body, headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" } });

describe("a call of a JSON service", () => {
  it("is answered with what the model knows of the output", async () => {
    const answer = await call("DescribeTrainingJob", { TrainingJobName: "job", Unknown: { a: 1 } });
    assert.deepEqual([answer.status, JSON.parse(answer.text)], [200, { ...job, CreationTime: 1600000000.25 }]);
    assert.equal(answer.headers["content-type"], "application/x-amz-json-1.1");
    assert.match(String(answer.headers["x-amzn-requestid"]), /^[0-9a-f-]{36}$/);
  });

  it("without output has an empty answer", async () => {
    const answer = await call("StopTrainingJob", { TrainingJobName: "job" });
    assert.deepEqual([answer.status, answer.text], [200, ""]);
  });

  const refusals: Record<string, [operation: string, input: unknown, status: number, code: string, text: RegExp]> = {
    "the operation's own error": [
      "DescribeTrainingJob",
      { TrainingJobName: "missing" },
      400,
      "ResourceNotFound",
      /^Requested resource not found\.$/,
    ],
    "a missing member": [
      "CreateTrainingJob",
      { TrainingJobName: "a", RoleArn: job.RoleArn },
      400,
      "ValidationException",
      /^1 validation error detected: Value null at 'outputDataConfig' failed to satisfy constraint: Member must not be null$/,
    ],
    "null for a missing member": [
      "DescribeTrainingJob",
      { TrainingJobName: null },
      400,
      "ValidationException",
      /^1 validation error detected: Value null at 'trainingJobName'/,
    ],
    "several violations at once": [
      "DescribeTrainingJob",
      { TrainingJobName: "_".repeat(64) },
      400,
      "ValidationException",
      /^2 validation errors detected: Value '_{64}' at 'trainingJobName' failed to satisfy constraint: Member must have length less than or equal to 63; Value '_{64}' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: /,
    ],
    "a wrong type": [
      "DescribeTrainingJob",
      { TrainingJobName: 3 },
      400,
      "SerializationException",
      /^NUMBER_VALUE can not be converted to a String$/,
    ],
    "no JSON": ["DescribeTrainingJob", "{", 400, "SerializationException", /not JSON/],
    "a JSON value that is no object": ["DescribeTrainingJob", "[]", 400, "SerializationException", /Start of list/],
    "an operation nobody knows": ["MakeCoffee", {}, 404, "UnknownOperationException", /MakeCoffee/],
    "an operation that is not built": ["CreateModel", {}, 501, "NotYetAvailable", /CreateModel of sagemaker/],
    "an operation that we do not serve": ["CreateCluster", {}, 501, "NotYetAvailable", /CreateCluster of sagemaker/],
    "a newer member that asks for something": [
      "CreateTrainingJob",
      { ...job, Environment: { A: "b" } },
      400,
      "ValidationException",
      /^The parameter Environment of CreateTrainingJob is not available/,
    ],
    "a permission the caller lacks": ["ListModels", {}, 400, "AccessDeniedException", /sagemaker:ListModels/],
    "an internal call that is invalid": [
      "ListTrainingJobs",
      {},
      400,
      "ValidationException",
      /'x y' at 'trainingJobName'/,
    ],
  };
  for (const [what, [operation, input, status, code, text]] of Object.entries(refusals))
    it(`is refused for ${what}`, async () => {
      const answer = await call(operation, input);
      const document = JSON.parse(answer.text);
      assert.deepEqual([answer.status, document.__type], [status, code]);
      assert.match(document.message ?? document.Message, text);
      assert.equal(server.records.at(-1)?.errorCode, code);
    });

  const accepted: Record<string, object> = {
    "a newer member that is empty": { ...job, Environment: {}, ProfilerConfig: null },
    "a newer member that the operation honours": { ...job, RetryStrategy: { MaximumRetryAttempts: 2 } },
  };
  for (const [what, input] of Object.entries(accepted))
    it(`is answered with ${what}`, async () => assert.equal((await call("CreateTrainingJob", input)).status, 200));

  it("that fails by our own mistake says nothing of it to the caller and all of it to the log", async () => {
    const answer = await call("DescribeTrainingJob", { TrainingJobName: "bug" });
    assert.deepEqual([answer.status, JSON.parse(answer.text).__type], [500, "InternalFailure"]);
    assert.doesNotMatch(answer.text, /secret detail/);
    assert.match(server.log.at(-1) ?? "", /secret detail/);
  });

  it("with a body beyond the limit is refused before it is read", async () => {
    const answer = await call("DescribeTrainingJob", `"${"a".repeat(5_000_000)}"`).catch((cause: Error) => cause);
    if (answer instanceof Error) assert.match(answer.message, /EPIPE|ECONNRESET|hang up/);
    else assert.equal(answer.status, 413);
  });

  it("leaves a record with its parameters", async () => {
    await call("CreateTrainingJob", job);
    const { requestId, at, durationMs, userAgent, ...record } = server.records.at(-1) ?? assert.fail("no record");
    assert.ok(requestId !== "" && at > 0 && durationMs >= 0 && userAgent === "");
    assert.deepEqual(record, {
      service: "sagemaker",
      operation: "CreateTrainingJob",
      account: "123456789012",
      region: "us-east-1",
      principalArn: "arn:aws:iam::123456789012:user/ann",
      principalId: "AIDAEXAMPLE",
      accessKeyId: "AKIAEXAMPLE",
      sourceIp: "127.0.0.1",
      status: 200,
      parameters: job,
      response: { TrainingJobArn: "arn:aws:sagemaker:x:job" },
    });
  });
});

describe("a call of a query service", () => {
  it("is answered in XML", async () => {
    const body =
      "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=a&Tags.member.1.Value=b+c";
    const answer = await form("iam", body);
    assert.equal(answer.status, 200);
    assert.match(
      answer.text,
      /^<CreateRoleResponse xmlns="https:\/\/iam\.amazonaws\.com\/doc\/2010-05-08\/"><CreateRoleResult><Role><RoleName>r<\/RoleName><CreateDate>2020-09-13T12:26:40\.000Z<\/CreateDate><Tags><member><Key>a<\/Key><Value>b c<\/Value><\/member><\/Tags><\/Role><\/CreateRoleResult><ResponseMetadata><RequestId>/,
    );
  });

  const refusals: Record<string, [service: string, body: string, status: number, code: string, message: RegExp]> = {
    "an error by its code, escaped": [
      "iam",
      "Action=GetRole&RoleName=x",
      404,
      "NoSuchEntity",
      /The role &lt;x&gt; cannot/,
    ],
    "a violation": ["iam", "Action=GetRole&RoleName=x%20y", 400, "ValidationError", /Value 'x y' at 'roleName'/],
    "an unknown action": [
      "sts",
      "Action=Nothing",
      400,
      "InvalidAction",
      /Could not find operation Nothing for version/,
    ],
    "an action that is not built": ["sts", "Action=AssumeRole", 501, "NotYetAvailable", /AssumeRole of sts/],
    "no action at all": ["sts", "", 400, "InvalidAction", /names no operation/],
  };
  for (const [what, [service, body, status, code, message]] of Object.entries(refusals))
    it(`is refused with ${what}`, async () => {
      const answer = await form(service, body);
      assert.deepEqual([answer.status, /<Code>(.*?)<\/Code>/.exec(answer.text)?.[1]], [status, code]);
      assert.match(answer.text, message);
    });
});

describe("a service we do not have", () => {
  it("is named in the refusal", async () => {
    const answer = await callJson(server.port, "dynamodb", "DynamoDB_20120810.ListTables", {});
    assert.deepEqual([answer.status, JSON.parse(answer.text).message], [404, "This server does not serve dynamodb."]);
  });
});
