// Units whose whole root is an image of layers: how layers become one root, what a unit may do to it, and what is refused.
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Backend, type ImageLayers, type PreparedImage, UnitRefused } from "../backend.ts";
import {
  type Entry,
  file,
  folder,
  hardLink,
  imageOf,
  layerOf,
  preparedOf,
  shellEntries,
  symlink,
  tarOf,
} from "./layers.ts";
import { type Candidate, logHas, outcome, Stand } from "./stand.ts";

const quiet = { progress: () => undefined };
let shell: Promise<Buffer> | undefined;
const shellTar = (): Promise<Buffer> => {
  shell ??= tarOf(shellEntries());
  return shell;
};

/** An image of a shell and these layers above it. */
async function imageWith(...layers: readonly (readonly Entry[])[]): Promise<ImageLayers> {
  const tars = await Promise.all(layers.map(tarOf));
  return imageOf([await shellTar(), ...tars].map((tar) => layerOf(tar)));
}

async function installed(backend: Backend, image: ImageLayers, user = "", more: Partial<PreparedImage> = {}) {
  await backend.install(image, quiet);
  return { image: preparedOf(image, more, user) };
}

interface Stacked {
  readonly layers: readonly (readonly Entry[])[];
  readonly command: string;
  readonly log: string;
}

const stacks: Readonly<Record<string, Stacked>> = {
  "a later layer's file takes the place of an earlier one's": {
    layers: [[file("app/a", "old")], [file("app/a", "new")]],
    command: "cat /app/a",
    log: "new",
  },
  "a whiteout takes away a file and a folder": {
    layers: [
      [file("app/a", ""), folder("app/d/"), file("app/d/x", "")],
      [file("app/.wh.a", ""), file("app/.wh.d", "")],
    ],
    command: "ls -A /app",
    log: "",
  },
  "a whiteout does not hide what its own layer brings, in whatever order": {
    layers: [[file("app/a", "old")], [file("app/a", "new"), file("app/.wh.a", "")]],
    command: "cat /app/a",
    log: "new",
  },
  "an opaque folder hides all that was below, and nothing of its own layer": {
    layers: [
      [file("app/a", ""), folder("app/d/"), file("app/d/x", "")],
      [file("app/mine", ""), folder("app/d/"), file("app/d/y", ""), file("app/.wh..wh..opq", "")],
    ],
    command: "ls -A /app /app/d",
    log: "/app:\nd\nmine\n\n/app/d:\ny\n",
  },
  "a file takes the place of a folder, and a folder that of a file": {
    layers: [
      [folder("app/d/"), file("app/d/x", ""), file("app/f", "")],
      [file("app/d", "file"), folder("app/f/"), file("app/f/x", "inside")],
    ],
    command: "cat /app/d /app/f/x",
    log: "fileinside",
  },
  "a hard link is the same file, over layers too": {
    layers: [[file("app/a", "one")], [hardLink("app/b", "app/a")]],
    command: "cat /app/b; [ /app/a -ef /app/b ] && echo ' same' || stat -c ' %i' /app/a /app/b",
    log: "one same\n",
  },
  "modes stay as they are": {
    layers: [
      [file("app/s", "", { mode: 0o4755 }), folder("app/closed/", 0o500), file("app/closed/x", "", { mode: 0o400 })],
    ],
    command: "stat -c '%a' /app/s /app/closed /app/closed/x",
    log: "4755\n500\n400\n",
  },
  "a link that leads out of the image leads nowhere": {
    layers: [[symlink("app/out", "../../../../../../etc/passwd"), symlink("app/abs", "/etc/passwd")]],
    command: "cat /app/out /app/abs | { read a; read b; read c; echo $c; }",
    log: "root:x:0:0:root:/root:/bin/sh\n",
  },
  "what is written through a link of a lower layer stays inside": {
    layers: [[symlink("app/up", "../../../../../../../..")], [file("app/up/planted", "inside")]],
    command: "cat /planted",
    log: "inside",
  },
  "a file whose folder no layer names gets one": {
    layers: [[file("some/where/deep/a", "there")]],
    command: "cat /some/where/deep/a",
    log: "there",
  },
  "devices are left out": {
    layers: [[{ name: "app/disk", type: "block-device", devmajor: 8, devminor: 0 }, file("app/a", "")]],
    command: "ls /app",
    log: "a\n",
  },
  "names with line breaks and long names arrive": {
    layers: [[file(`app/a\nb${"x".repeat(200)}`, "long")]],
    command: "cat /app/*",
    log: "long",
  },
};

const hostile: Readonly<Record<string, readonly [readonly Entry[], RegExp]>> = {
  "a name with ..": [[file("app/../../../../etc/planted", "")], /leads out/],
  "an absolute name with ..": [[file("/../planted", "")], /leads out/],
  "a hard link with ..": [[hardLink("app/shadow", "../../../../etc/shadow")], /leads out/],
  "a hard link to what is not in the image": [[hardLink("app/shadow", "/etc/no-such-file")], /no file of the image/],
  "a hard link through a link that leads out": [
    [symlink("app/up", "../../../../.."), hardLink("app/proc", "app/up/proc/self/environ")],
    /no file of the image/,
  ],
  "a whiteout of ..": [[file("app/.wh...", "")], /hides nothing/],
  "a whiteout of nothing": [[file("app/.wh.", "")], /hides nothing/],
  "an owner that no unit has": [[file("app/a", "", { uid: 70_000 })], /70000.*65535/],
};

export function imageCases(candidate: Candidate): void {
  for (const [sentence, { layers, command, log }] of Object.entries(stacks))
    test(`of layers, ${sentence}`, { skip: candidate.skips?.[sentence] ?? false }, async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      const run = await stand.run(backend, stand.unit(command, await installed(backend, await imageWith(...layers))));
      equal(run.log, log);
    });

  for (const [what, [entries, text]] of Object.entries(hostile))
    test(`a layer with ${what} is refused`, async (t) => {
      const stand = new Stand(t, candidate);
      const image = await imageWith(entries);
      const oneId = what === "an owner that no unit has" && candidate.name.includes("ordinary");
      if (oneId) return t.skip("owners do not matter where there is one id");
      await rejects(stand.open().install(image, quiet), (error) => {
        match(String(error), text);
        return error instanceof UnitRefused;
      });
    });

  compressionCases(candidate);
  writingCases(candidate);
  userCases(candidate);
}

function compressionCases(candidate: Candidate): void {
  const tar = async () => tarOf([file("app/a", "words")]);
  test("layers come as they are, by gzip or by zstd, also in several frames", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const halves = (compress: (bytes: Buffer) => Buffer) => (bytes: Buffer) =>
      Buffer.concat([compress(bytes.subarray(0, 700)), compress(bytes.subarray(700))]);
    for (const compress of [
      (bytes: Buffer) => bytes,
      gzipSync,
      zstdCompressSync,
      halves(gzipSync),
      halves(zstdCompressSync),
    ]) {
      const image = imageOf([layerOf(await shellTar()), layerOf(await tar(), compress)]);
      const run = await stand.run(backend, stand.unit("cat /app/a", await installed(backend, image)));
      equal(run.log, "words");
    }
  });

  const wrong = `sha256:${"0".repeat(64)}`;
  const lies: Readonly<Record<string, readonly [object, RegExp]>> = {
    "whose bytes are others": [{ digest: wrong }, /digest sha256:/],
    "whose content is another": [{ diffId: wrong }, /configuration says sha256:0/],
  };
  for (const [what, [said, text]] of Object.entries(lies))
    test(`a layer ${what} is refused, and nothing is left of the image`, async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      const image = imageOf([layerOf(await tar(), gzipSync, said)]);
      await rejects(backend.install(image, quiet), text);
      await rejects(backend.start(stand.unit("true", { image: preparedOf(image) })), /not been made ready/);
    });

  test("a layer whose compression is damaged is refused", async (t) => {
    const stand = new Stand(t, candidate);
    const damaged = (tar: Buffer) => {
      const bytes = gzipSync(tar);
      bytes.writeUInt32LE(0, bytes.length - 8); // the checksum of the content
      return bytes;
    };
    const image = imageOf([layerOf(await tarOf([file("app/a", "words".repeat(50_000))]), damaged)]);
    await rejects(stand.open().install(image, quiet), UnitRefused);
  });

  test("a layer that is cut short is refused", async (t) => {
    const stand = new Stand(t, candidate);
    const image = imageOf([layerOf(await tar(), (bytes) => gzipSync(bytes).subarray(0, 60))]);
    await rejects(stand.open().install(image, quiet), UnitRefused);
  });

  test("an image that two ask for at once is unpacked once, with progress", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    let opened = 0;
    const layer = layerOf(await shellTar());
    const counted = {
      ...layer,
      open: () => {
        opened += 1;
        return layer.open();
      },
    };
    const image = imageOf([counted]);
    const seen: number[] = [];
    await Promise.all([backend.install(image, { progress: (done) => seen.push(done) }), backend.install(image, quiet)]);
    await stand.open().install(image, quiet);
    deepEqual([opened, seen.at(-1)], [1, layer.sizeBytes]);
  });
}

function writingCases(candidate: Candidate): void {
  test("what a unit writes into its image goes with it, and no other unit sees it", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const { image } = await installed(backend, await imageWith([file("app/a", "as it was")]));
    const writing = "echo changed >/app/a && rm -r /etc/group && touch /new && cat /app/a && ls / && sleep 60";
    const first = stand.unit(writing, { image });
    await backend.start(first);
    await logHas(backend, first.id, "new");
    const second = await stand.run(backend, stand.unit("cat /app/a /etc/group && [ ! -e /new ]", { image }));
    match(second.log, /^as it was.*root:x:0:/s);
    equal(second.end?.exitCode, 0);
    await backend.remove(first.id);
    const third = await stand.run(backend, stand.unit("cat /app/a", { image }));
    equal(third.log, "as it was");
  });

  test("what a unit writes into its image counts against its disk", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const { image } = await installed(backend, await imageWith());
    const resources = { cpus: 1, memoryBytes: 256 * 2 ** 20, pids: 100, diskBytes: 20 * 2 ** 20, gpus: 0 };
    const spec = stand.unit("dd if=/dev/zero of=/app/big bs=1M count=60; sleep 60", { image, resources });
    const run = await stand.run(backend, spec);
    deepEqual(outcome(run.end), { exitCode: 137, signal: "SIGKILL", outOfMemory: false, diskFull: true }, run.log);
  });
}

function userCases(candidate: Candidate): void {
  const users: Readonly<Record<string, readonly [user: string, id: RegExp, home: string]>> = {
    "by name, with all its groups": ["app", /^uid=1000\(app\) gid=1000\(app\)/, "/home/app"],
    "by number, as the one of that number": ["1000", /^uid=1000\(app\) gid=1000\(app\)/, "/home/app"],
    "by a number nobody has, with group 0": ["4242", /^uid=4242(\(4242\))? gid=0\(root\)/, "/"],
    "with a group by name": ["app:extra", /^uid=1000\(app\) gid=2000\(extra\)/, "/home/app"],
    "with a group by number": ["root:1234", /^uid=0\(root\) gid=1234/, "/root"],
  };
  for (const [how, [user, id, home]] of Object.entries(users))
    test(`the program runs as the image's user ${how}`, async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      const spec = stand.unit(
        "id; echo $HOME; touch /opt/ml/mine && echo mine; touch /tmp/x && echo scratch; echo said >>/dev/stdout",
        await installed(backend, await imageWith(), user),
      );
      const run = await stand.run(backend, spec);
      match(run.log, id);
      match(run.log, new RegExp(`\\n${home}\\nmine\\nscratch\\nsaid\\n$`));
    });

  for (const user of ["nobody-here", "app:no-group", "70000", "a:b:c"])
    test(`USER ${user} is refused`, async (t) => {
      const stand = new Stand(t, candidate);
      const backend = stand.open();
      const spec = stand.unit("true", await installed(backend, await imageWith(), user));
      await rejects(backend.start(spec), UnitRefused);
    });

  test("the working directory is made, and the variables are the image's under the unit's own", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const more = { workingDirectory: "/place/here", environment: { A: "image", B: "image" } };
    const spec = stand.unit('echo "$(pwd) $A $B $HOSTNAME"', {
      ...(await installed(backend, await imageWith(), "", more)),
      environment: { B: "unit" },
    });
    equal((await stand.run(backend, spec)).log, "/place/here image unit algo-1\n");
  });

  test("what is there of the way to a missing working directory stays as the image has it", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const image = await imageWith([folder("srv/", 0o711), symlink("way", "srv")]);
    const more = { workingDirectory: "/way/to/here" };
    const spec = stand.unit("pwd -P; stat -c %a /srv", await installed(backend, image, "", more));
    equal((await stand.run(backend, spec)).log, "/srv/to/here\n711\n");
  });

  test("the entry point and command of the image run, and arguments take the command's place", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const say = file("usr/bin/say", '#!/bin/sh\necho "said $*"\n', { mode: 0o755 });
    const { image } = await installed(backend, await imageWith([say]), "", { entrypoint: ["say", "well:"] });
    const { entrypoint: _, ...spec } = stand.unit("", { image });
    equal((await stand.run(backend, { ...spec, arguments: ["train"] })).log, "said well: train\n");
  });

  test("places of the platform are ours, wherever the image's links would have them", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const links = [
      symlink("opt", "usr/somewhere"),
      folder("usr/somewhere/"),
      symlink("etc/hosts", "../../../../../../run/hosts"),
      symlink("etc/resolv.conf", "/run/systemd/resolve/stub-resolv.conf"),
      symlink("etc/hostname", "hostname"),
    ];
    const straight = await imageWith(links.slice(0, 4));
    const spec = stand.unit(
      "cat /etc/hosts; touch /opt/ml/x && ls /usr/somewhere/ml; [ -c /dev/null ] && [ -r /proc/self/status ] && echo all",
      {
        ...(await installed(backend, straight)),
      },
    );
    match((await stand.run(backend, spec)).log, /algo-1\nx\nall\n$/);
    const circle = await installed(backend, await imageWith(links));
    await rejects(backend.start(stand.unit("true", circle)), /circle of links/);
  });

  test("a unit of an image has no power over this machine", async (t) => {
    const stand = new Stand(t, candidate);
    const backend = stand.open();
    const spec = stand.unit("cat /proc/self/status", await installed(backend, await imageWith(), "app"));
    const { log } = await stand.run(backend, spec);
    match(log, /CapEff:\t0{16}\n/);
    match(log, /NoNewPrivs:\t1\n/);
    match(log, /Seccomp:\t2\n/);
  });
}
