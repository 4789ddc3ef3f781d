// Checksums of bodies while they stream by. Node has MD5, SHA and CRC32; hash-wasm has the others (1.2 to 5 GB/s).
// What each algorithm is called and which may be composite or full-object: S3 user guide, "Checking object integrity".
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { IHasher } from "hash-wasm";
import type { ChecksumAlgorithm, ChecksumType } from "../../../../../contract/s3/types.ts";

export interface RunningChecksum {
  update(chunk: Uint8Array): void;
  /** Ends it. */
  digest(): Buffer;
}

export interface Checksums {
  start(algorithm: ChecksumAlgorithm): Promise<RunningChecksum>;
}

/** CRCs in the reflected form: generator without its highest bit, and width in bits. */
const crcs = {
  CRC32: { polynomial: 0xedb88320n, bits: 32 },
  CRC32C: { polynomial: 0x82f63b78n, bits: 32 },
  CRC64NVME: { polynomial: 0x9a6c9329ac4bc9b5n, bits: 64 },
} as const;

type Crc = keyof typeof crcs;

export const isCrc = (algorithm: ChecksumAlgorithm): algorithm is Crc => algorithm in crcs;

const nodeHashes: Partial<Record<ChecksumAlgorithm, string>> = {
  MD5: "md5",
  SHA1: "sha1",
  SHA256: "sha256",
  SHA512: "sha512",
};

const makers: Partial<Record<ChecksumAlgorithm, (library: typeof import("hash-wasm")) => Promise<IHasher>>> = {
  CRC32C: ({ createCRC32 }) => createCRC32(Number(crcs.CRC32C.polynomial)),
  CRC64NVME: ({ createCRC64 }) => createCRC64(crcs.CRC64NVME.polynomial.toString(16)),
  XXHASH64: ({ createXXHash64 }) => createXXHash64(),
  XXHASH3: ({ createXXHash3 }) => createXXHash3(),
  XXHASH128: ({ createXXHash128 }) => createXXHash128(),
};

/** Each WebAssembly instance is made once and lent from body to body: a CRC's state is 12 bytes. */
export function createChecksums(): Checksums {
  const hashers = new Map<ChecksumAlgorithm, Promise<IHasher>>();
  const hasher = (algorithm: ChecksumAlgorithm) => {
    const make = makers[algorithm];
    if (make === undefined) throw new Error(`no implementation of ${algorithm}`);
    const known = hashers.get(algorithm) ?? import("hash-wasm").then(make);
    hashers.set(algorithm, known);
    return known;
  };
  return {
    async start(algorithm) {
      const native = nodeHashes[algorithm];
      if (native !== undefined) return createHash(native);
      if (algorithm === "CRC32") return runningCrc32();
      return lend(await hasher(algorithm));
    },
  };
}

function runningCrc32(): RunningChecksum {
  let value = 0;
  return {
    update: (chunk) => {
      value = crc32(chunk, value);
    },
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

function lend(hasher: IHasher): RunningChecksum {
  let state = hasher.init().save();
  return {
    update: (chunk) => {
      hasher.load(state);
      hasher.update(chunk);
      state = hasher.save();
    },
    digest: () => {
      hasher.load(state);
      return Buffer.from(hasher.digest("binary"));
    },
  };
}

/** Member of inputs and outputs that carries the value, `ChecksumCRC32`. */
export type ChecksumMember = `Checksum${ChecksumAlgorithm}`;
export type ChecksumMembers = { readonly [Member in ChecksumMember]?: string | undefined };

export const checksumMember = (algorithm: ChecksumAlgorithm): ChecksumMember => `Checksum${algorithm}`;

export const checksumAlgorithms: readonly ChecksumAlgorithm[] = [
  "CRC32",
  "CRC32C",
  "CRC64NVME",
  "SHA1",
  "SHA256",
  "SHA512",
  "MD5",
  "XXHASH64",
  "XXHASH3",
  "XXHASH128",
];

/** Length of each value in bytes. */
export const digestBytes: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
  MD5: 16,
  XXHASH64: 8,
  XXHASH3: 8,
  XXHASH128: 16,
};

/** What a multipart upload's checksum is when its caller does not say. */
export const defaultType = (algorithm: ChecksumAlgorithm): ChecksumType =>
  algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE";

export const allowsType = (algorithm: ChecksumAlgorithm, type: ChecksumType): boolean =>
  type === "FULL_OBJECT" ? isCrc(algorithm) : algorithm !== "CRC64NVME";

/** Checksum of the parts' checksums, as COMPOSITE has it; without `-N`. */
export async function compositeChecksum(
  checksums: Checksums,
  algorithm: ChecksumAlgorithm,
  parts: readonly string[],
): Promise<string> {
  const running = await checksums.start(algorithm);
  for (const part of parts) running.update(Buffer.from(part, "base64"));
  return running.digest().toString("base64");
}

/** CRC of the bytes put together, from the CRC and the length of each part. @throws if the algorithm is no CRC */
export function fullObjectChecksum(
  algorithm: ChecksumAlgorithm,
  parts: readonly { readonly checksum: string; readonly sizeBytes: number }[],
): string {
  if (!isCrc(algorithm)) throw new Error(`${algorithm} of a whole cannot be had from its parts`);
  const { polynomial, bits } = crcs[algorithm];
  let whole = 0n;
  for (const part of parts) {
    const value = BigInt(`0x${Buffer.from(part.checksum, "base64").toString("hex")}`);
    whole = timesPower(whole, part.sizeBytes, polynomial, bits) ^ value;
  }
  return Buffer.from(whole.toString(16).padStart(bits / 4, "0"), "hex").toString("base64");
}

/** `value` times x^(8·bytes) modulo the generator: what a CRC becomes when that many bytes follow. */
function timesPower(value: bigint, bytes: number, polynomial: bigint, bits: number): bigint {
  const highest = 1n << BigInt(bits - 1);
  let result = value;
  // In the reflected form the highest bit is x^0, so x^8 is eight places below.
  let power = highest >> 8n;
  for (let left = bytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(result, power, polynomial, highest);
    power = multiply(power, power, polynomial, highest);
  }
  return result;
}

/** Product of two reflected polynomials modulo the generator. */
function multiply(left: bigint, right: bigint, polynomial: bigint, highest: bigint): bigint {
  let product = 0n;
  let shifted = right;
  for (let bit = highest; bit > 0n; bit >>= 1n) {
    if (left & bit) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n;
  }
  return product;
}
