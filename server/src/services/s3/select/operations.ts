// SelectObjectContent: a statement of SQL over one object. Amazon S3 user guide, "SQL reference for Amazon S3 Select".
// Gap: of sources, CSV and JSON are built; Parquet and ScanRange are refused as NotImplemented.
// Gap: numbers of S3 Select are doubles of 64 bits, without the precision of DECIMAL; the quotient of whole numbers keeps its fraction.
// Gap: text that spells a number is compared and added up as a number, also where it comes from JSON.
import type { Operations as S3Contract } from "../../../../../contract/s3/types.ts";
import type { Operations } from "../../../core/service.ts";
import { objectAction } from "../shared/access.ts";
import type { S3Context } from "../shared/model.ts";

export const selectOperations = (context: S3Context) =>
  ({
    SelectObjectContent: {
      permissions: objectAction(context, "GetObject"),
      run: async (input, call) => (await import("./run.ts")).selectFrom(context, input, call),
    },
  }) satisfies Operations<S3Contract>;
