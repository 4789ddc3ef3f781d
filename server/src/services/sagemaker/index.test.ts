import assert from "node:assert/strict";
import { it } from "node:test";
import { loadService } from "../../../../contract/model.ts";
import { createSageMaker } from "./index.ts";
import type { Parts } from "./shared/noun.ts";

it("every operation of the contract is a row of one noun or a refusal", () => {
  const { service } = createSageMaker({} as Parts);
  assert.deepEqual(Object.keys(service.operations).sort(), Object.keys(loadService("sagemaker").operations).sort());
});
