import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CreateTransformJobRequest } from "../../../../../contract/sagemaker/types.ts";
import { batchEnvironment, parametersOf, type TransformParameters } from "./parameters.ts";

const MIB = 2 ** 20;
const aRequest = (wishes: Partial<CreateTransformJobRequest>) => wishes as CreateTransformJobRequest;
const wish = '{"MaxConcurrentTransforms": 4, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 2}';

describe("how a container is called", () => {
  const cases: Record<string, [Partial<CreateTransformJobRequest>, string | undefined, TransformParameters]> = {
    "defaults when nobody says anything": [
      {},
      undefined,
      { concurrency: 1, payloadBytes: 6 * MIB, strategy: "MultiRecord" },
    ],
    "the container's wish before the defaults": [
      {},
      wish,
      { concurrency: 4, payloadBytes: 2 * MIB, strategy: "SingleRecord" },
    ],
    "the request before the container's wish": [
      { MaxConcurrentTransforms: 2, MaxPayloadInMB: 1, BatchStrategy: "MultiRecord" },
      wish,
      { concurrency: 2, payloadBytes: MIB, strategy: "MultiRecord" },
    ],
    "no limit when the request says 0": [
      { MaxPayloadInMB: 0, MaxConcurrentTransforms: 0 },
      wish,
      { concurrency: 4, payloadBytes: undefined, strategy: "SingleRecord" },
    ],
    "an answer that is no JSON counts as none": [
      {},
      "<html>",
      { concurrency: 1, payloadBytes: 6 * MIB, strategy: "MultiRecord" },
    ],
    "wishes of a wrong kind count as none": [
      {},
      '{"MaxConcurrentTransforms": "many", "BatchStrategy": "BOTH", "MaxPayloadInMB": -1}',
      { concurrency: 1, payloadBytes: 6 * MIB, strategy: "MultiRecord" },
    ],
  };
  for (const [sentence, [request, answer, expected]] of Object.entries(cases)) {
    it(sentence, () => assert.deepEqual(parametersOf(aRequest(request), answer), expected));
  }
});

it("the container is told of wishes only when the request names them", () => {
  assert.deepEqual(batchEnvironment(aRequest({})), { SAGEMAKER_BATCH: "true" });
  assert.deepEqual(batchEnvironment(aRequest({ BatchStrategy: "SingleRecord", MaxPayloadInMB: 0 })), {
    SAGEMAKER_BATCH: "true",
    SAGEMAKER_MAX_PAYLOAD_IN_MB: "0",
    SAGEMAKER_BATCH_STRATEGY: "SINGLE_RECORD",
  });
});
