// `npm run generate`: writes the contract, then the documents that are made from code.
import { runSteps } from "./steps.ts";

await runSteps([
  { name: "contract", command: [process.execPath, "contract/generator/generate.ts"] },
  { name: "documents", command: [process.execPath, "setup/documents.ts"] },
]);
