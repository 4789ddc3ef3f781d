import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { resolveSettings, SettingsError, settingNames, variableOf } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "settings-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "sagebrush.yaml");
const absent = join(folder, "absent.yaml");

describe("settings", () => {
  it("a flag wins over a variable, a variable over the file, the file over the default", () => {
    writeFileSync(file, "listen: 127.0.0.1:1\nregion: eu-west-1\ncpus: 3\n");
    const environment = { SAGEBRUSH_LISTEN: "127.0.0.1:2", SAGEBRUSH_REGION: "eu-west-2" };
    const { values, origins } = resolveSettings({ listen: "127.0.0.1:3" }, environment, file);
    assert.deepEqual(
      [values.listen, values.region, values.cpus, values.backend],
      ["127.0.0.1:3", "eu-west-2", 3, "sandbox"],
    );
    assert.deepEqual(
      [origins.listen, origins.region, origins.cpus, origins.backend],
      ["flag", "variable", "file", "default"],
    );
  });

  it("names of variables are made from the names of settings", () => {
    assert.equal(variableOf("diskReserveMb"), "SAGEBRUSH_DISK_RESERVE_MB");
    assert.equal(new Set(settingNames.map(variableOf)).size, settingNames.length);
  });

  const refusals: Record<string, [Record<string, string>, RegExp]> = {
    "a port that does not exist": [
      { listen: "127.0.0.1:70000" },
      /--listen: expected HOST:PORT, got "127\.0\.0\.1:70000"/,
    ],
    "a backend we do not know": [
      { backend: "nomad" },
      /--backend: expected one of sandbox, docker, kubernetes, got "nomad"/,
    ],
    "a number that is none": [{ cpus: "two" }, /--cpus: expected a whole number from 1, got "two"/],
    "a file system without a folder": [
      { fileSystems: "fs-0123abcd" },
      /--file-systems: expected ID=FOLDER .* got "fs-0123abcd"/,
    ],
    "a file system of a relative folder": [{ fileSystems: "fs-0123abcd=share" }, /an absolute path/],
    "an id too short for the API": [{ fileSystems: "fs-1=/srv" }, /8 to 18 hexadecimal digits/],
    "a file system named twice": [{ fileSystems: "fs-0123abcd=/a,fs-0123abcd=/b" }, /fs-0123abcd is named twice/],
    "a quota that nobody knows": [
      { quotas: "Number of cats=2" },
      /--quotas: expected NAME=COUNT .* got "Number of cats"/,
    ],
    "a quota that is no number": [
      { quotas: "Number of models=few" },
      /a whole number for "Number of models", got "few"/,
    ],
    "a quota given twice": [{ quotas: "Number of models=1,Number of models=2" }, /"Number of models" is given twice/],
    "an account that is not 12 digits": [{ account: "1" }, /--account: expected 12 digits, got "1"/],
  };
  for (const [sentence, [flags, message]] of Object.entries(refusals)) {
    it(`${sentence} is refused by name`, () => {
      assert.throws(
        () => resolveSettings(flags, {}, absent),
        (thrown) => thrown instanceof SettingsError && message.test(thrown.message),
      );
    });
  }

  it("file systems are a table in the file, and a list in a flag", () => {
    writeFileSync(file, "fileSystems:\n  fs-0123abcd: /srv/share\n  fs-89abcdef: /data/../data/x\n");
    const list = "fs-0123abcd=/srv/share,fs-89abcdef=/data/x";
    assert.equal(resolveSettings({}, {}, file).values.fileSystems, list);
    assert.equal(resolveSettings({ fileSystems: ` ${list}, ` }, {}, absent).values.fileSystems, list);
  });

  it("quotas are a table in the file, and a list in a flag", () => {
    writeFileSync(file, "quotas:\n  ml.m5.large for spot training job usage: 2\n  Number of models: 50\n");
    const list = "ml.m5.large for spot training job usage = 2, Number of models=50";
    const quotas = { "ml.m5.large for spot training job usage": 2, "Number of models": 50 };
    assert.deepEqual(resolveSettings({}, {}, file).values.quotas, quotas);
    assert.deepEqual(resolveSettings({ quotas: list }, {}, absent).values.quotas, quotas);
  });

  it("an unknown key in the file is refused by name", () => {
    writeFileSync(file, "lisen: 127.0.0.1:1\n");
    assert.throws(() => resolveSettings({}, {}, file), /unknown setting lisen/);
  });
});
