import assert from "node:assert/strict";
import { test } from "node:test";
import { checksumAlgorithms, createChecksums, digestBytes, fullObjectChecksum } from "./checksums.ts";

/** Check values of "123456789" from the catalogue of parametrised CRC algorithms. */
const known = { CRC32: "cbf43926", CRC32C: "e3069283", CRC64NVME: "ae8b14860a799888" } as const;
const bytes = Buffer.from("123456789");

test("CRCs have their published check values, also when two bodies are read in turns", async () => {
  const checksums = createChecksums();
  for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME"] as const) {
    const one = await checksums.start(algorithm);
    const other = await checksums.start(algorithm);
    one.update(bytes.subarray(0, 4));
    other.update(Buffer.from("something else"));
    one.update(bytes.subarray(4));
    assert.equal(one.digest().toString("hex"), known[algorithm]);
  }
});

test("every algorithm gives as many bytes as its table says", async () => {
  const checksums = createChecksums();
  for (const algorithm of checksumAlgorithms) {
    const running = await checksums.start(algorithm);
    running.update(bytes);
    assert.equal(running.digest().length, digestBytes[algorithm], algorithm);
  }
});

test("a full-object checksum of parts is the checksum of the bytes put together", async () => {
  const checksums = createChecksums();
  for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME"] as const) {
    const cut = [0, 1, 5, 5, 9];
    const parts = [];
    for (let index = 1; index < cut.length; index++) {
      const part = bytes.subarray(cut[index - 1], cut[index]);
      const running = await checksums.start(algorithm);
      running.update(part);
      parts.push({ checksum: running.digest().toString("base64"), sizeBytes: part.length });
    }
    const whole = Buffer.from(fullObjectChecksum(algorithm, parts), "base64").toString("hex");
    assert.equal(whole, known[algorithm], algorithm);
  }
});
