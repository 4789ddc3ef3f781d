// S3 and STS by the AWS SDK for JavaScript v3, with its defaults. Argument: a new bucket's name.
import { Readable } from "node:stream";
import {
  ChecksumAlgorithm,
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  NoSuchBucket,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
  waitUntilBucketExists,
  waitUntilObjectExists,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const [Bucket] = process.argv.slice(2);
const s3 = new S3Client();
const MIB = 2 ** 20;
const waiting = { client: s3, maxWaitTime: 20 };

const put = (Key, Body, more) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key, more) => s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
const text = async (Key, more) => (await get(Key, more)).Body.transformToString();
const checksumsOf = (answer) => Object.keys(answer).filter((name) => /^Checksum(?!Type)/.test(name));

/** Class, name and status of what the call is refused with. */
async function refusal(call, ...classes) {
  const error = await call().then(
    () => undefined,
    (thrown) => thrown,
  );
  if (!(error instanceof S3ServiceException)) throw error ?? new Error("nothing was refused");
  const found = classes.filter((type) => error instanceof type).map((type) => type.name);
  return [error.name, error.$metadata.httpStatusCode, ...found];
}

const answers = {};
answers.caller = (await new STSClient().send(new GetCallerIdentityCommand())).Arn;

await s3.send(new CreateBucketCommand({ Bucket }));
await waitUntilBucketExists(waiting, { Bucket });
const far = new S3Client({ region: "eu-west-1" });
await far.send(new CreateBucketCommand({ Bucket: `${Bucket}-far` }));
answers.location = (await far.send(new GetBucketLocationCommand({ Bucket: `${Bucket}-far` }))).LocationConstraint;
await far.send(new DeleteBucketCommand({ Bucket: `${Bucket}-far` }));

const first = await put("text", "of a string", { Metadata: { m: "1" }, Tagging: "a=b%20c" });
answers.defaultChecksum = checksumsOf(first);
answers.text = await text("text");
answers.tags = (await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "text" }))).TagSet;
await put("streamed", Readable.from([Buffer.alloc(70_000, "a"), Buffer.alloc(70_000, "b")]), {
  ContentLength: 140_000,
});
answers.streamed = (await text("streamed")).replaceAll(/(.)\1*/g, (run) => `${run[0]}${run.length}`);
answers.range = await text("streamed", { Range: "bytes=69998-70001" });
answers.odd = [];
for (const key of ["a key/ü+%2B&?#=.txt", "slashes//in/a row", "dots/../not/./resolved", "*'()!~"]) {
  await put(key, key);
  if ((await text(key)) === key) answers.odd.push(key);
}

answers.algorithms = {};
for (const algorithm of Object.values(ChecksumAlgorithm)) {
  const whole = await put(`sums/${algorithm}`, "123456789", { ChecksumAlgorithm: algorithm }).catch((e) => e.message);
  if (typeof whole === "string") {
    answers.algorithms[algorithm] = whole;
    continue;
  }
  const body = Readable.from([Buffer.from("1234"), Buffer.from("56789")]);
  await put(`trailers/${algorithm}`, body, { ChecksumAlgorithm: algorithm, ContentLength: 9 });
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: `trailers/${algorithm}`, ChecksumMode: "ENABLED" }));
  const name = `Checksum${algorithm}`;
  const read = await text(`trailers/${algorithm}`);
  answers.algorithms[algorithm] = whole[name] === head[name] && read === "123456789" ? head[name] : [whole, head, read];
}

async function upload(Key, more) {
  const pieces = Array.from({ length: 12 }, (_, index) => Buffer.alloc(MIB, index));
  const params = { Bucket, Key, Body: Readable.from(pieces), ...more };
  const answer = await new Upload({ client: s3, partSize: 5 * MIB, params }).done();
  const attributes = { Bucket, Key, ObjectAttributes: ["ObjectParts", "ObjectSize", "Checksum", "ETag"] };
  const about = await s3.send(new GetObjectAttributesCommand(attributes));
  const back = await (await get(Key)).Body.transformToByteArray();
  return {
    checksums: checksumsOf(answer),
    type: about.Checksum?.ChecksumType,
    parts: about.ObjectParts?.TotalPartsCount,
    isSame: Buffer.concat(pieces).equals(back),
  };
}
answers.uploads = { default: await upload("large"), CRC64NVME: await upload("64", { ChecksumAlgorithm: "CRC64NVME" }) };

await s3.send(
  new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/${encodeURIComponent("a key/ü+%2B&?#=.txt")}` }),
);
await waitUntilObjectExists(waiting, { Bucket, Key: "copy" });
answers.copy = await text("copy");

const readUrl = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "text" }), { expiresIn: 60 });
answers.presignedGet = await (await fetch(readUrl)).text();
const writeUrl = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "put/by address" }), { expiresIn: 60 });
const written = await fetch(writeUrl, { method: "PUT", body: "by address" });
answers.presignedPut = [written.status, written.ok ? await text("put/by address") : await written.text()];

answers.refusals = {
  key: await refusal(() => get("none"), NoSuchKey),
  head: await refusal(() => s3.send(new HeadObjectCommand({ Bucket, Key: "none" })), NotFound),
  bucket: await refusal(() => get("none", { Bucket: `${Bucket}-none` }), NoSuchBucket),
  notEmpty: await refusal(() => s3.send(new DeleteBucketCommand({ Bucket }))),
  notModified: await refusal(() => get("text", { IfNoneMatch: first.ETag })),
  condition: await refusal(() => put("text", "again", { IfNoneMatch: "*" })),
  wrongSum: await refusal(() => put("wrong", "x", { ChecksumCRC32: "AAAAAA==" })),
  token: await refusal(() =>
    new S3Client({ credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" } }).send(
      new GetObjectCommand({ Bucket, Key: "text" }),
    ),
  ),
};

const keys = [];
let pages = 0;
for await (const page of paginateListObjectsV2({ client: s3, pageSize: 7 }, { Bucket })) {
  pages += 1;
  keys.push(...page.Contents.map(({ Key }) => ({ Key })));
}
answers.pages = pages === Math.ceil(keys.length / 7) && pages > 2;
const prefixes = paginateListObjectsV2({ client: s3 }, { Bucket, Delimiter: "/" });
for await (const page of prefixes) answers.prefixes = page.CommonPrefixes.map(({ Prefix }) => Prefix);
const removed = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys } }));
answers.removed = [removed.Deleted.length === keys.length, removed.Errors?.length ?? 0];
await s3.send(new DeleteBucketCommand({ Bucket }));
console.log(JSON.stringify(answers));
