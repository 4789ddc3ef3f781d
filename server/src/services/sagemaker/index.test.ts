import assert from "node:assert/strict";
import { it } from "node:test";
import { loadService } from "../../../../contract/model.ts";
import { createSageMaker } from "./index.ts";

it("every operation of the contract is a row of one noun or a refusal", () => {
  const { service } = createSageMaker({} as Parameters<typeof createSageMaker>[0]);
  assert.deepEqual(Object.keys(service.operations).sort(), Object.keys(loadService("sagemaker").operations).sort());
});
