// Algorithm resources, read by model packages that are made from one.
import type { CreateAlgorithmInput } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { alreadyThere, type RecordParts, Records } from "./records.ts";
import type { ValidatedDocument } from "./validation-runs.ts";

export const algorithmKind = "sagemaker:algorithm";

export type AlgorithmDocument = Omit<CreateAlgorithmInput, "AlgorithmName" | "Tags"> & ValidatedDocument;

export const algorithmRecords = (parts: RecordParts): Records<AlgorithmDocument> =>
  new Records(parts, {
    kind: algorithmKind,
    type: "algorithm",
    sort: { sortBy: "CreationTime", sortOrder: "Ascending" },
    missing: (arn) => errors.validation(`Algorithm ${arn} does not exist.`),
    duplicate: alreadyThere("algorithm"),
    quota: "Number of algorithms",
  });
