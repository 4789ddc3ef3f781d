// Algorithm resources, read by model packages that are made from one.
import type { CreateAlgorithmInput } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Parts } from "./noun.ts";
import { alreadyThere, Records } from "./records.ts";

export type AlgorithmDocument = Omit<CreateAlgorithmInput, "AlgorithmName" | "Tags">;

export const algorithmRecords = (parts: Pick<Parts, "rows" | "clock">): Records<AlgorithmDocument> =>
  new Records(parts, {
    kind: "sagemaker:algorithm",
    type: "algorithm",
    sort: { sortBy: "CreationTime", sortOrder: "Ascending" },
    missing: (arn) => errors.validation(`Algorithm ${arn} does not exist.`),
    duplicate: alreadyThere("algorithm"),
  });
