// The refusals of operations, design §7: what AWS does not know, and what it knows and we have not built.
import { diskTrouble } from "../core/disk-trouble.ts";
import { type ApiError, errors } from "../core/errors.ts";
import type { LoadedService, Plan } from "./catalogue.ts";
import type { QueryParameter } from "./request.ts";
import type { Route } from "./routing.ts";

/** Name of the operation; in the query protocol the form's Action. @throws ApiError UnknownOperation */
export function operationName(route: Route, form: readonly QueryParameter[]): string {
  const name = route.operation ?? form.find((parameter) => parameter.name === "Action")?.value;
  if (name !== undefined) return name;
  throw errors.unknownOperation(
    route.service.dialect === "s3"
      ? "The specified method is not allowed against this resource."
      : "The request names no operation that this service knows.",
  );
}

/** @throws ApiError NotYetAvailable for an operation of AWS that we lack, UnknownOperation for any other name */
export function requirePlan(service: LoadedService, name: string): Plan {
  const plan = service.plan(name);
  if (plan?.operation !== undefined) return plan;
  if (plan !== undefined || Object.hasOwn(service.model.unserved, name)) throw notBuilt(name, service);
  throw errors.unknownOperation(
    service.dialect === "query" || service.dialect === "ec2"
      ? `Could not find operation ${name} for version ${service.model.apiVersion}`
      : `${service.service.name} has no operation ${name}.`,
  );
}

export const notBuilt = (name: string, service: LoadedService): ApiError =>
  errors.notYetAvailable(`The operation ${name} of ${service.service.name} is not available on this server yet.`);

/** Undefined when the error is not one of the disk. */
export function diskFailure(cause: unknown): ApiError | undefined {
  const trouble = diskTrouble(cause);
  return trouble === undefined
    ? undefined
    : errors.serviceUnavailable(
        `The server's disk takes no data at the moment (${trouble}). Nothing was changed; what was acknowledged before is there.`,
      );
}

export const internalFailure = (requestId: string): ApiError =>
  errors.internalFailure(`We encountered an internal error. The server's log says more under request id ${requestId}.`);
