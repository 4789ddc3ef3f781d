// What CloudTrail has to know of a service: the name of its events' source, which calls only read, and how its members
// are written in events.
import { type IamService, loadIam, loadService, type ServiceModel } from "../../../../../contract/model.ts";
import type { Json } from "../../../core/json.ts";

export interface EventSource {
  /** `sagemaker.amazonaws.com` */
  readonly name: string;
  isRead(operation: string): boolean;
  /** Members with a small first letter, as events have them; keys of maps stay what they are. */
  camelCase(operation: string, side: "input" | "output", value: Json): Json;
}

const loaded = new Map<string, EventSource>();

/** Models are read at the first event of a service. */
export function sourceOf(service: string): EventSource {
  const known = loaded.get(service) ?? makeSource(service);
  loaded.set(service, known);
  return known;
}

function makeSource(service: string): EventSource {
  const model = modelOf(service);
  const actions = iamOf(service)?.actions ?? {};
  return {
    name: `${model?.signingName ?? service}.amazonaws.com`,
    isRead: (operation) =>
      actions[operation]
        ? /^(Read|List)$/.test(actions[operation].access)
        : /^(BatchGet|Describe|Get|Head|List|Search|Select)/.test(operation),
    camelCase(operation, side, value) {
      const shape = model?.operations[operation]?.[side];
      return model === undefined || shape === undefined ? value : written(model, shape, value);
    },
  };
}

const modelOf = (service: string): ServiceModel | undefined => readIfThere(() => loadService(service));

const iamOf = (service: string): IamService | undefined => readIfThere(() => loadIam(service));

/** Refused calls may name a service that we do not have, and a service's facts of IAM may stand with another one. */
function readIfThere<Content>(read: () => Content): Content | undefined {
  try {
    return read();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    return undefined;
  }
}

/** Members that events call otherwise. */
const eventNames: Readonly<Record<string, string>> = { Bucket: "bucketName" };

function written(model: ServiceModel, shapeName: string, value: Json): Json {
  const shape = model.shapes[shapeName];
  if (shape?.type === "list" && Array.isArray(value)) {
    return value.map((item) => written(model, shape.member.shape, item));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  if (shape?.type === "map") {
    return Object.fromEntries(entries.map(([key, item]) => [key, written(model, shape.value.shape, item ?? null)]));
  }
  if (shape?.type !== "structure") return value;
  return Object.fromEntries(
    entries.map(([name, item]) => {
      const member = shape.members[name];
      return [
        eventNames[name] ?? name.charAt(0).toLowerCase() + name.slice(1),
        member ? written(model, member.shape, item ?? null) : (item ?? null),
      ];
    }),
  );
}
