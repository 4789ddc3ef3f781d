// Objects for the rest of the platform: the same operations, authorised for a principal as if it had called from outside.
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Operations as S3Contract } from "../../../../contract/s3/types.ts";
import type { Call, Permission, Principal } from "../../core/call.ts";
import { ApiError } from "../../core/errors.ts";
import { newRequestId } from "../../core/ids.ts";
import type { Authorizer, ObjectFacts, ObjectReference, Objects } from "../../core/ports.ts";
import type { Service } from "../../core/service.ts";
import { s3Errors } from "./errors.ts";
import { createS3 } from "./index.ts";
import { presignGet } from "./presign.ts";
import { onBucket } from "./shared/access.ts";
import { holdBody, readBody } from "./shared/bodies.ts";
import { keysForRead } from "./shared/body-keys.ts";
import { findBucket } from "./shared/buckets.ts";
import { kinds, type ObjectDocument, type S3Context } from "./shared/model.ts";
import { decodeKey, encodeKey } from "./shared/names.ts";
import { currentObject } from "./shared/objects.ts";

export interface ObjectsParts {
  readonly context: S3Context;
  readonly authorizer: Authorizer;
}

interface Inside extends ObjectsParts {
  readonly service: Service;
}

/** Region of calls that the platform makes itself; only condition keys see it. */
const REGION = "us-east-1";

/** Rows read at once by a list. */
const PAGE = 1000;

export function createObjects(given: ObjectsParts): Objects {
  const { context } = given;
  const parts: Inside = { ...given, service: createS3(context) };
  const perform = performer(parts);

  /** The current object, once the principal is known to be allowed to read it. */
  async function readable(principal: Principal, { bucket: Bucket, key: Key }: ObjectReference, signal?: AbortSignal) {
    await perform(principal, "HeadObject", { Bucket, Key }, { signal });
    const bucket = await findBucket(context, { Bucket });
    const found = await currentObject(context, bucket, Key);
    if (found === undefined) throw naming(s3Errors.noSuchKey({ Key }), Bucket, Key);
    return { bucket, document: found.document };
  }

  /** As `readable`, with where the bytes are to be read; the principal may use the key that they are sealed by. */
  async function openable(principal: Principal, object: ObjectReference, signal?: AbortSignal) {
    const { bucket, document } = await readable(principal, object, signal);
    const call = callOf(parts, principal, "GetObject", signal);
    const { key } = object;
    const keys = await named(bucket.name, key, () =>
      keysForRead(context, call, { bucket, key }, { object: document, input: {} }),
    );
    const { body: place, sizeBytes } = document;
    return { facts: factsOf(bucket.name, key, document), from: { bucket, key, place, sizeBytes, keys } };
  }

  return {
    async *list(principal, bucketName, prefix) {
      const bucket = await named(bucketName, prefix, () => findBucket(context, { Bucket: bucketName }));
      const call = callOf(parts, principal, "ListObjectsV2");
      await named(bucketName, prefix, () => call.authorize([onBucket(bucket, "ListBucket", { prefix })]));
      let after: string | undefined;
      for (;;) {
        const range = { kind: kinds.object, scope: bucket.name, prefix: encodeKey(prefix), after, limit: PAGE };
        const rows = await context.rows.scan<ObjectDocument>(range);
        for (const row of rows) yield factsOf(bucketName, decodeKey(row.name), row.document);
        after = rows.at(-1)?.name;
        if (rows.length < PAGE) return;
      }
    },
    async head(principal, object) {
      const { document } = await readable(principal, object);
      return factsOf(object.bucket, object.key, document);
    },
    async open(principal, object) {
      const { facts, from } = await openable(principal, object);
      return { ...facts, body: await readBody(context, from) };
    },
    async hold(principal, object) {
      const { facts, from } = await openable(principal, object);
      return { ...facts, ...(await holdBody(context, from)) };
    },
    async copyToFile(principal, object, path, signal) {
      const { facts, from } = await openable(principal, object, signal);
      const { place } = from;
      if (place !== undefined && "blob" in place && place.salt === undefined)
        await context.blobs.copyTo(place.blob, path, `s3://${object.bucket}/${object.key}`);
      else await pipeline(await readBody(context, from), createWriteStream(path, { flags: "wx" }), { signal });
      return facts;
    },
    async put(principal, object, body, signal) {
      const { bucket, key, contentType, kmsKeyId, conditions } = object;
      const encryption =
        kmsKeyId === undefined ? {} : { ServerSideEncryption: "aws:kms" as const, SSEKMSKeyId: kmsKeyId };
      const input = { Bucket: bucket, Key: key, ContentType: contentType, Body: body, ...encryption };
      await perform(principal, "PutObject", input, { signal, conditions });
      const written = await currentObject(context, await findBucket(context, { Bucket: bucket }), key);
      if (written === undefined) throw naming(s3Errors.noSuchKey({ Key: key }), bucket, key);
      return factsOf(bucket, key, written.document);
    },
    address: presignGet,
    async headBucket(principal, bucket) {
      await perform(principal, "HeadBucket", { Bucket: bucket });
      const { region } = await findBucket(context, { Bucket: bucket });
      return { region };
    },
  };
}

const factsOf = (bucket: string, key: string, document: ObjectDocument): ObjectFacts => ({
  bucket,
  key,
  sizeBytes: document.sizeBytes,
  etag: `"${document.etag}"`,
  modifiedAt: document.modifiedAt,
  ...(document.headers.ContentType === undefined ? {} : { contentType: document.headers.ContentType }),
});

/** Runs an operation of S3 for a principal, with the permissions its table asks for. */
const performer =
  (parts: Inside) =>
  <Name extends keyof S3Contract & string>(
    principal: Principal,
    name: Name,
    input: S3Contract[Name]["input"] & { readonly Bucket: string; readonly Key?: string },
    how: { readonly signal?: AbortSignal | undefined; readonly conditions?: Permission["conditions"] } = {},
  ): Promise<S3Contract[Name]["output"]> =>
    named(input.Bucket, input.Key ?? "", async () => {
      const operation = parts.service.operations[name];
      if (operation === undefined) throw new Error(`S3 has no operation ${name}`);
      const call = callOf(parts, principal, name, how.signal);
      const needed = (await operation.permissions?.(input, call)) ?? [];
      await call.authorize(needed.map((one) => ({ ...one, conditions: { ...one.conditions, ...how.conditions } })));
      return operation.run(input, call);
    });

function callOf(parts: Inside, principal: Principal, operation: string, signal?: AbortSignal): Call {
  const at = parts.context.clock.now();
  return {
    service: "s3",
    operation,
    requestId: newRequestId(),
    account: principal.account,
    region: REGION,
    principal,
    at,
    sourceIp: "127.0.0.1",
    userAgent: "sagebrush",
    secure: true,
    origin: "",
    headers: {},
    signal: signal ?? new AbortController().signal,
    async authorize(permissions) {
      const refusal = await parts.authorizer.refusal(principal, permissions, {
        at,
        region: REGION,
        secure: true,
      });
      if (refusal !== undefined) throw s3Errors.accessDenied(refusal);
    },
    invoke: (service, name) => Promise.reject(new Error(`${service}:${name} was called from an operation of S3`)),
  };
}

/** Errors of S3 do not say which object they are about; here nobody sees the request. */
async function named<Result>(bucket: string, key: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ApiError ? naming(error, bucket, key) : error;
  }
}

const naming = (error: ApiError, bucket: string, key: string): ApiError =>
  new ApiError(error.code, error.status, `${error.message} (s3://${bucket}/${key})`, {
    fields: error.fields,
    headers: error.headers,
  });
