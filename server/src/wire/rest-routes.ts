// Finds the operation of a REST request: method, URI template (`/{Bucket}/{Key+}?uploads`), and what else must be there.
import type { ServiceModel, StructureShape } from "../../../contract/model.ts";
import { percentDecode, type QueryParameter } from "./request.ts";

export interface RestRoute {
  readonly operation: string;
  readonly method: string;
  readonly segments: readonly Segment[];
  /** Query parameters that must be there, some with a value: `uploads`, `list-type=2`. */
  readonly query: readonly (readonly [string, string | undefined])[];
  /** Headers that must be there: `x-amz-copy-source` tells CopyObject from PutObject. */
  readonly headers: readonly string[];
  readonly served: boolean;
}

type Segment = { readonly text: string } | { readonly label: string; readonly greedy: boolean };

export interface RestMatch {
  readonly operation: string;
  /** Values of the template's labels, decoded. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface RestAddress {
  readonly method: string;
  /** Percent-encoded; for S3 with the bucket in front. */
  readonly path: string;
  readonly query: readonly QueryParameter[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Routes of a REST service, the most demanding first, so that the first that fits is the right one. */
export function restRoutes(model: ServiceModel): readonly RestRoute[] {
  if (!model.protocols.some((protocol) => protocol.startsWith("rest-"))) return [];
  const served = Object.entries(model.operations).map(([operation, { method, uri, input }]) => {
    const shape = input === undefined ? undefined : model.shapes[input];
    return readRoute(operation, method, uri, shape?.type === "structure" ? shape : undefined, true);
  });
  const unserved = Object.entries(model.unserved).map(([operation, { method, uri }]) =>
    readRoute(operation, method, uri, undefined, false),
  );
  const weight = (route: RestRoute): number => 2 * (route.query.length + route.headers.length) + (route.served ? 1 : 0);
  return [...served, ...unserved].sort((left, right) => weight(right) - weight(left));
}

/** Undefined when no operation fits. */
export function matchRest(routes: readonly RestRoute[], address: RestAddress): RestMatch | undefined {
  const parts = address.path.slice(1).split("/");
  for (const route of routes) {
    if (route.method !== address.method) continue;
    const labels = matchPath(route.segments, parts);
    if (labels === undefined) continue;
    if (!route.headers.every((name) => address.headers[name] !== undefined)) continue;
    if (route.query.every(([name, value]) => hasQuery(address.query, name, value)))
      return { operation: route.operation, labels };
  }
  return undefined;
}

function readRoute(
  operation: string,
  method: string,
  uri: string,
  input: StructureShape | undefined,
  served: boolean,
): RestRoute {
  const [path = "/", search = ""] = uri.split("?");
  const literal = search
    .split("&")
    .filter((part) => part !== "")
    .map((part) => part.split("=") as [string, string?])
    .filter(([name]) => name !== "x-id");
  const required = (location: string): string[] =>
    (input?.required ?? [])
      .map((name) => input?.members[name])
      .filter((member) => member?.location === location)
      .map((member) => member?.locationName ?? "");
  const segments = path.slice(1).split("/").map(readSegment);
  return {
    operation,
    method,
    segments,
    query: [
      ...literal.map(([name, value]) => [name, value] as const),
      ...required("querystring").map((name) => [name, undefined] as const),
    ],
    headers: required("header").map((name) => name.toLowerCase()),
    served,
  };
}

function readSegment(text: string): Segment {
  const label = /^\{(.+?)(\+?)\}$/.exec(text);
  return label?.[1] ? { label: label[1], greedy: label[2] === "+" } : { text };
}

function matchPath(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (part === undefined) return undefined;
    if ("text" in segment) {
      if (part !== segment.text) return undefined;
    } else if (segment.greedy) {
      const rest = parts.slice(index).join("/");
      if (rest === "") return undefined;
      labels[segment.label] = percentDecode(rest);
      return labels;
    } else {
      if (part === "") return undefined;
      labels[segment.label] = percentDecode(part);
    }
  }
  const left = parts.slice(segments.length);
  return left.length === 0 || (left.length === 1 && left[0] === "") ? labels : undefined;
}

const hasQuery = (query: readonly QueryParameter[], name: string, value: string | undefined): boolean =>
  query.some((parameter) => parameter.name === name && (value === undefined || parameter.value === value));
