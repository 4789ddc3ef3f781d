import assert from "node:assert/strict";
import { test } from "node:test";
import { createAwsNames, isAmazon, readName } from "./names.ts";

const names = createAwsNames(["s3", "iam", "sts", "logs", "cloudwatch", "sagemaker", "sagemaker-runtime", "ecr"]);

const served: Readonly<Record<string, readonly string[]>> = {
  "services with and without region": [
    "sts.amazonaws.com",
    "sts.eu-central-1.amazonaws.com",
    "iam.amazonaws.com",
    "logs.us-gov-west-1.amazonaws.com",
    "monitoring.us-east-1.amazonaws.com",
    "api.sagemaker.us-east-1.amazonaws.com",
    "sagemaker.us-east-1.amazonaws.com",
    "runtime.sagemaker.us-east-1.amazonaws.com",
  ],
  "endpoints of FIPS": ["sts-fips.us-east-1.amazonaws.com", "runtime-fips.sagemaker.us-east-1.amazonaws.com"],
  "the API and the registry of images": [
    "api.ecr.us-east-1.amazonaws.com",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
  ],
  "regions of China": [
    "sts.cn-north-1.amazonaws.com.cn",
    "s3.cn-northwest-1.amazonaws.com.cn",
    "bucket.s3.cn-north-1.amazonaws.com.cn",
  ],
  "S3 by path": [
    "s3.amazonaws.com",
    "s3.us-west-2.amazonaws.com",
    "s3-us-west-2.amazonaws.com",
    "s3.dualstack.us-west-2.amazonaws.com",
    "s3-fips.us-east-1.amazonaws.com",
    "s3-external-1.amazonaws.com",
  ],
  "S3 by virtual host": [
    "bucket.s3.amazonaws.com",
    "my.dotted.bucket.s3.us-west-2.amazonaws.com",
    "bucket.s3-us-gov-west-1.amazonaws.com",
    "bucket.s3-accelerate.dualstack.amazonaws.com",
    "s3.s3.us-west-2.amazonaws.com",
    "under_score.s3.amazonaws.com",
  ],
};
for (const [sentence, list] of Object.entries(served))
  test(`${sentence} are answered`, () => {
    assert.deepEqual(
      list.filter((name) => !names.isServed(name) || !isAmazon(name)),
      [],
    );
  });

const refused: readonly string[] = [
  "amazonaws.com",
  "dynamodb.us-east-1.amazonaws.com",
  "a2i-runtime.sagemaker.us-east-1.amazonaws.com",
  "123456789012.s3-control.us-east-1.amazonaws.com",
  "bucket.s3-website-us-east-1.amazonaws.com",
  "bucket.s3-website.us-east-1.amazonaws.com",
  "bucket.s3express-use1-az4.us-east-1.amazonaws.com",
  "x.sts.us-east-1.amazonaws.com",
  "public.ecr.aws",
  "12345.dkr.ecr.us-east-1.amazonaws.com",
  "sts.us-east-1.api.aws",
  "metrics.aws.dev",
  "a0.awsstatic.com",
  "telemetry.aws.amazon.com",
];
test("other names of Amazon's are not, and services that do not run neither", () => {
  assert.deepEqual(
    refused.filter((name) => names.isServed(name) || !isAmazon(name)),
    [],
  );
});

test("names that only look like Amazon's are nobody's here", () => {
  const alike = [
    "amazonaws.com.example.org",
    "notamazonaws.com",
    "sts.amazonaws.com.evil.test",
    "laws",
    "s3.localhost",
  ];
  assert.deepEqual(
    alike.filter((name) => names.isServed(name) || isAmazon(name)),
    [],
  );
});

test("a name is read in lower case and without the dot of the root; what is none is not read", () => {
  assert.equal(readName("STS.AmazonAWS.com."), "sts.amazonaws.com");
  const none = ["", ".", "a..b", "-a", "a b", "a\r\nb", "ü.com", "[::1]", "a".repeat(254)];
  assert.deepEqual(
    none.map(readName),
    none.map(() => undefined),
  );
});

test("the longest name takes no time", () => {
  const started = performance.now();
  const name = `${"s3.".repeat(80)}x.amazonaws.com`.slice(-253);
  for (let round = 0; round < 1000; round += 1) names.isServed(name);
  assert.ok(performance.now() - started < 2000);
});
