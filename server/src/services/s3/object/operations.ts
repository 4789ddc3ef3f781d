// Objects: put, get, head, copy, delete. Follows the S3 API reference and the S3 user guide.
// Gap: encryption is that of September 2020: bodies are encrypted when the caller or the bucket's default asks for it, and
// x-amz-server-side-encryption is absent otherwise; aws:kms:dsse has one layer of encryption, and keys of customers (SSE-C) are taken
// over plain HTTP as well.
// Gap: storage classes are recorded; nothing is archived, so nothing has to be restored.
// Gap: x-amz-request-payer and MFA delete are accepted and without effect.
import type { Operations as S3Contract } from "../../../../../contract/s3/types.ts";
import type { Operations } from "../../../core/service.ts";
import type { S3Context } from "../shared/model.ts";
import { getObjectAttributes } from "./attributes.ts";
import { copyObject } from "./copy.ts";
import { deleteObject, deleteObjects } from "./delete.ts";
import { getObject, headObject } from "./get.ts";
import { putObject } from "./put.ts";

export const objectOperations = (context: S3Context) =>
  ({
    CopyObject: copyObject(context),
    DeleteObject: deleteObject(context),
    DeleteObjects: deleteObjects(context),
    GetObject: getObject(context),
    GetObjectAttributes: getObjectAttributes(context),
    HeadObject: headObject(context),
    PutObject: putObject(context),
  }) satisfies Operations<S3Contract>;
