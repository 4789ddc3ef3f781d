import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Observed, ObservedActivity, ObservedUnit, Step } from "../../../engine/job-kind.ts";
import {
  type ContainerPlan,
  type EndpointDocument,
  type EndpointRow,
  endpointKind,
  type Fleet,
  type Instance,
  type Variant,
} from "./document.ts";
import { next } from "./job.ts";
import { wants } from "./units.ts";

const NOW = 1_000_000_000;

const container: ContainerPlan = {
  modelName: "digits",
  image: "xgboost",
  environment: {},
  network: "open",
  instanceType: "ml.m5.large",
  volumeSizeGb: 30,
  startLimitSeconds: 240,
};

const aVariant = (variant: Partial<Variant> = {}): Variant => ({
  name: "A",
  container,
  weight: 1,
  count: 1,
  instances: [],
  deaths: 0,
  ...variant,
});

const aFleet = (role: Fleet["role"], ...instances: readonly Instance[]): Fleet => ({
  role,
  configName: role,
  variants: [aVariant({ instances, count: Math.max(1, instances.length) })],
});

const anInstance = (number: number, phase: Instance["phase"], more: Partial<Instance> = {}): Instance => ({
  id: `e-${number}`,
  phase,
  ...more,
});

function anEndpoint(status: string, fleets: readonly Fleet[], more: Partial<EndpointDocument> = {}): EndpointRow {
  const document = { arn: "arn", id: "e", made: 9, fleets, ...more };
  return {
    kind: endpointKind,
    scope: "123456789012/us-east-1",
    name: "digits",
    status,
    version: 1,
    createdAt: 0,
    modifiedAt: 0,
    document,
  };
}

/** What is seen, by unit id and by `activity unit`; units that are not named do not exist yet. */
function seeing(
  units: Readonly<Record<string, Partial<ObservedUnit>>> = {},
  activities: Readonly<Record<string, ObservedActivity>> = {},
): Observed {
  return {
    unit: (id) => ({ phase: "absent", notes: [], dials: new Map(), metrics: new Map(), ...units[id] }),
    activity: (name, of) => activities[`${name} ${of}`] ?? { state: "idle" },
  };
}

const done: ObservedActivity = { state: "done", result: undefined };
const healthy: Partial<ObservedUnit> = { phase: "running", health: { state: "passing", since: NOW, reason: "" } };

/** A step in short: status, then each fleet as `role: id phase, …`. */
function inShort(step: Step<EndpointDocument>): string {
  if (step.do !== "store") return step.do === "wait" && step.until !== undefined ? `wait ${step.until - NOW}` : step.do;
  const { fleets, failureReason } = step.document;
  const texts = fleets.map(({ role, variants }) => {
    const instances = variants.flatMap((variant) => variant.instances.map(({ id, phase }) => `${id} ${phase}`));
    return `${role}: ${instances.join(", ")}`;
  });
  return [step.status, ...texts, ...(failureReason === undefined ? [] : [failureReason])].join(" | ");
}

type Case = readonly [row: EndpointRow, observed: Observed, step: string];

const cases: Readonly<Record<string, Case>> = {
  "a new endpoint gets the instances its variants name": [
    anEndpoint("Creating", [{ ...aFleet("coming"), variants: [aVariant({ count: 2 })] }]),
    seeing(),
    "Creating | coming: e-10 preparing, e-11 preparing",
  ],
  "an instance starts when its model is there": [
    anEndpoint("Creating", [aFleet("coming", anInstance(1, "preparing"))]),
    seeing({ "e-1": { phase: "reserved" } }, { "fetch e-1": done }),
    "Creating | coming: e-1 starting",
  ],
  "an endpoint whose model cannot be had fails with the reason": [
    anEndpoint("Creating", [aFleet("coming", anInstance(1, "preparing"))]),
    seeing({ "e-1": { phase: "reserved" } }, { "fetch e-1": { state: "failed", reason: "ClientError: no such key" } }),
    "Failed | coming:  | ClientError: no such key",
  ],
  "an endpoint gets its traffic when all its instances are healthy": [
    anEndpoint("Creating", [aFleet("coming", anInstance(1, "serving"), anInstance(2, "starting"))]),
    seeing({ "e-1": healthy, "e-2": healthy }),
    "Creating | serving: e-1 serving, e-2 serving",
  ],
  "an endpoint is in service when it has its traffic": [
    anEndpoint("Creating", [aFleet("serving", anInstance(1, "serving"))]),
    seeing({ "e-1": healthy }),
    "InService | serving: e-1 serving",
  ],
  "an endpoint with one instance still starting waits for its time limit": [
    anEndpoint("Creating", [aFleet("coming", anInstance(1, "starting"))]),
    seeing({ "e-1": { phase: "running", startedAt: NOW - 100_000 } }),
    "wait 140000",
  ],
  "a container that is not healthy within its time limit is asked for its last words": [
    anEndpoint("Creating", [aFleet("coming", anInstance(1, "starting"))]),
    seeing({ "e-1": { phase: "running", startedAt: NOW - 240_000 } }),
    "Creating | coming: e-1 failing",
  ],
  "a container that ends while it starts is asked for its last words": [
    anEndpoint("Creating", [aFleet("coming", anInstance(1, "starting"))]),
    seeing({ "e-1": { phase: "ended", end: { exitCode: 1, outOfMemory: false, diskFull: false, at: NOW } } }),
    "Creating | coming: e-1 failing",
  ],
  "an endpoint fails with what its container said last": [
    anEndpoint("Creating", [aFleet("coming", anInstance(1, "failing", { reason: "It ended." }))]),
    seeing({}, { "lastWords e-1": { state: "done", result: " Its log ends: no model" } }),
    "Failed | coming:  | It ended. Its log ends: no model",
  ],
  "a container that can never run here fails the endpoint": [
    anEndpoint("Creating", [aFleet("coming", anInstance(1, "preparing"))]),
    seeing({ "e-1": { phase: "refused", reason: "no such image" } }),
    "Failed | coming:  | The container of production variant A with image xgboost cannot run here: no such image",
  ],
  "an instance that the platform loses while it starts is made again": [
    anEndpoint("Creating", [aFleet("coming", anInstance(1, "starting"))]),
    seeing({ "e-1": { phase: "lost" } }),
    "Creating | coming: e-10 preparing",
  ],
  "an endpoint in service has nothing to do": [
    anEndpoint("InService", [aFleet("serving", anInstance(1, "serving"))]),
    seeing({ "e-1": healthy }),
    "wait",
  ],
  "a container that dies in service is replaced at once the first time": [
    anEndpoint("InService", [aFleet("serving", anInstance(1, "serving"), anInstance(2, "serving"))]),
    seeing({ "e-1": { phase: "ended" }, "e-2": healthy }),
    "InService | serving: e-2 serving, e-10 preparing",
  ],
  "a container that was lost over a restart is replaced": [
    anEndpoint("InService", [aFleet("serving", anInstance(1, "serving"))]),
    seeing({ "e-1": { phase: "lost" } }),
    "InService | serving: e-10 preparing",
  ],
  "a container that fails its health checks for a short time stays": [
    anEndpoint("InService", [aFleet("serving", anInstance(1, "serving"))]),
    seeing({ "e-1": { phase: "running", health: { state: "failing", since: NOW - 10_000, reason: "slow" } } }),
    "wait 20000",
  ],
  "a container that fails its health checks for long is replaced": [
    anEndpoint("InService", [aFleet("serving", anInstance(1, "serving"))]),
    seeing({ "e-1": { phase: "running", health: { state: "failing", since: NOW - 30_000, reason: "slow" } } }),
    "InService | serving: e-10 preparing",
  ],
  "a replacement that fails too gives way, and the next waits longer": [
    anEndpoint("InService", [
      { ...aFleet("serving"), variants: [aVariant({ deaths: 2, instances: [anInstance(3, "failed")] })] },
    ]),
    seeing(),
    "InService | serving: ",
  ],
  "an instance that had lived for long is replaced at once, whatever died before it": [
    anEndpoint("InService", [
      {
        ...aFleet("serving"),
        variants: [aVariant({ deaths: 9, instances: [anInstance(1, "serving", { servingSince: NOW - 600_000 })] })],
      },
    ]),
    seeing({ "e-1": { phase: "ended" } }),
    "InService | serving: e-10 preparing",
  ],
  "a replacement that is put off waits for its time": [
    anEndpoint("InService", [
      { ...aFleet("serving"), variants: [aVariant({ deaths: 3, retryAt: NOW + 2000, instances: [] })] },
    ]),
    seeing(),
    "wait 2000",
  ],
  "an update changes nothing of the old fleet while the new one starts": [
    anEndpoint("Updating", [
      aFleet("serving", anInstance(1, "serving")),
      aFleet("coming", anInstance(2, "serving"), anInstance(3, "starting")),
    ]),
    seeing({ "e-1": healthy, "e-2": healthy, "e-3": { phase: "running", startedAt: NOW } }),
    "wait 240000",
  ],
  "an update moves the traffic when all of the new fleet is healthy": [
    anEndpoint("Updating", [aFleet("serving", anInstance(1, "serving")), aFleet("coming", anInstance(2, "starting"))]),
    seeing({ "e-1": healthy, "e-2": healthy }),
    "Updating | leaving: e-1 serving | serving: e-2 serving",
  ],
  "an update is over when the traffic is moved": [
    anEndpoint("Updating", [aFleet("leaving", anInstance(1, "draining")), aFleet("serving", anInstance(2, "serving"))]),
    seeing({ "e-1": healthy, "e-2": healthy }),
    "InService | leaving: e-1 draining | serving: e-2 serving",
  ],
  "an update that fails leaves the old fleet serving and says why": [
    anEndpoint("Updating", [aFleet("serving", anInstance(1, "serving")), aFleet("coming", anInstance(2, "preparing"))]),
    seeing({ "e-1": healthy }, { "fetch e-2": { state: "failed", reason: "bad archive" } }),
    "InService | serving: e-1 serving | bad archive",
  ],
  "a fleet that leaves drains": [
    anEndpoint("InService", [aFleet("leaving", anInstance(1, "serving")), aFleet("serving", anInstance(2, "serving"))]),
    seeing({ "e-1": healthy, "e-2": healthy }),
    "InService | leaving: e-1 draining | serving: e-2 serving",
  ],
  "an instance with requests under way is not ended": [
    anEndpoint("InService", [
      aFleet("leaving", anInstance(1, "draining")),
      aFleet("serving", anInstance(2, "serving")),
    ]),
    seeing({ "e-1": healthy, "e-2": healthy }, { "drain e-1": { state: "running", startedAt: NOW } }),
    "wait",
  ],
  "a fleet is gone when its last instance is idle": [
    anEndpoint("InService", [
      aFleet("leaving", anInstance(1, "draining")),
      aFleet("serving", anInstance(2, "serving")),
    ]),
    seeing({ "e-1": healthy, "e-2": healthy }, { "drain e-1": done }),
    "InService | serving: e-2 serving",
  ],
  "the old fleet stays at hand for as long as the deployment asks": [
    anEndpoint("Updating", [aFleet("serving", anInstance(1, "serving")), aFleet("coming", anInstance(2, "serving"))], {
      deployment: {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: { Type: "ALL_AT_ONCE", WaitIntervalInSeconds: 5 },
          TerminationWaitInSeconds: 10,
        },
      },
    }),
    seeing({ "e-1": healthy, "e-2": healthy }),
    "Updating | leaving: e-1 serving | serving: e-2 serving",
  ],
  "the update ends when the old fleet may leave": [
    anEndpoint("Updating", [
      { ...aFleet("leaving", anInstance(1, "serving")), leaveAt: NOW },
      aFleet("serving", anInstance(2, "serving")),
    ]),
    seeing({ "e-1": healthy, "e-2": healthy }),
    "InService | leaving: e-1 draining | serving: e-2 serving",
  ],
  "more instances are made beside those that serve": [
    anEndpoint(
      "Updating",
      [{ ...aFleet("serving"), variants: [aVariant({ count: 2, instances: [anInstance(1, "serving")] })] }],
      { before: [{ name: "A", weight: 1, count: 1 }] },
    ),
    seeing({ "e-1": healthy }),
    "Updating | serving: e-1 serving, e-10 preparing",
  ],
  "fewer instances: the last drain, and the change is made": [
    anEndpoint(
      "Updating",
      [
        {
          ...aFleet("serving"),
          variants: [aVariant({ count: 1, instances: [anInstance(1, "serving"), anInstance(2, "serving")] })],
        },
      ],
      { before: [{ name: "A", weight: 1, count: 2 }] },
    ),
    seeing({ "e-1": healthy, "e-2": healthy }),
    "InService | serving: e-1 serving, e-2 draining",
  ],
  "a change of capacity that fails is rolled back": [
    anEndpoint(
      "Updating",
      [
        {
          ...aFleet("serving"),
          variants: [aVariant({ count: 2, instances: [anInstance(1, "serving"), anInstance(2, "preparing")] })],
        },
      ],
      { before: [{ name: "A", weight: 1, count: 1 }] },
    ),
    seeing({ "e-1": healthy, "e-2": { phase: "refused", reason: "no memory" } }),
    "RollingBack | serving: e-1 serving, e-2 failed | The container of production variant A with image xgboost cannot run here: no memory",
  ],
  "an endpoint rolled back is in service": [
    anEndpoint("RollingBack", [aFleet("serving", anInstance(1, "serving"))]),
    seeing({ "e-1": healthy }),
    "InService | serving: e-1 serving",
  ],
  "an endpoint on its way out drains": [
    anEndpoint("Deleting", [aFleet("leaving", anInstance(1, "serving"), anInstance(2, "starting"))]),
    seeing({ "e-1": healthy }),
    "Deleting | leaving: e-1 draining",
  ],
  "an endpoint without instances goes": [anEndpoint("Deleting", [aFleet("leaving")]), seeing(), "remove"],
};

describe("an endpoint's next step", () => {
  for (const [sentence, [row, observed, step]] of Object.entries(cases))
    it(sentence, () => assert.equal(inShort(next(row, observed, NOW)), step));
});

it("replacements of instances that keep dying are put off twice as long each time, to five minutes", () => {
  const waits = [1, 2, 3, 12].map((deaths) => {
    const variant = aVariant({ deaths, instances: [anInstance(3, "serving", { servingSince: NOW - 1000 })] });
    const row = anEndpoint("InService", [{ ...aFleet("serving"), variants: [variant] }]);
    const step = next(row, seeing({ "e-3": { phase: "ended" } }), NOW);
    return step.do === "store" ? (step.document.fleets[0]?.variants[0]?.retryAt ?? NOW) - NOW : step.do;
  });
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 300_000]);
});

it("each phase of an instance says what has to run", () => {
  const phases: readonly Instance["phase"][] = ["preparing", "starting", "serving", "failing", "failed", "draining"];
  const { units, activities } = wants(
    anEndpoint("InService", [aFleet("serving", ...phases.map((phase, index) => anInstance(index, phase)))]),
  );
  assert.deepEqual(
    units.map(({ id, want }) => `${id} ${want}`),
    ["e-0 reserved", "e-1 running", "e-2 running", "e-3 running", "e-5 running"],
  );
  assert.deepEqual(activities, [
    { name: "fetch", of: "e-0" },
    { name: "lastWords", of: "e-3" },
    { name: "drain", of: "e-5" },
  ]);
});
