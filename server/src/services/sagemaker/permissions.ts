// What every operation of SageMaker asks of its caller beside the resources that its noun names: condition keys of the
// request, tags of the resource, and leave to pass each role that the request hands over.
import type { Call, Permission } from "../../core/call.ts";
import type { AnyOperation } from "../../core/service.ts";
import type { Rows } from "../../store/rows/rows.ts";
import { type RequestReader, readerOf, rolesIn } from "./request-conditions.ts";
import { passRole, scopeOf } from "./shared/noun.ts";
import { type TagDocument, tagKey } from "./shared/tags.ts";

type Tags = Readonly<Record<string, string>>;

/** The operation with its full permissions. */
export function withPermissions(name: string, operation: AnyOperation, rows: Rows): AnyOperation {
  let reader: RequestReader | undefined;
  return {
    ...operation,
    permissions: async (input: object, call: Call) => {
      const own = await (operation.permissions?.(input, call) ?? [{ action: `sagemaker:${name}`, resource: "*" }]);
      reader ??= readerOf(name);
      const { hasResources } = reader;
      const conditions = reader.conditions(input, call);
      const sources = reader.fileSystems(input);
      const asked = own.flatMap((permission) =>
        (sources.length === 0 ? [{}] : sources).map((source) =>
          tagged(rows, call, input, {
            ...permission,
            ...(hasResources ? {} : { resource: "*" }),
            conditions: { ...permission.conditions, ...conditions, ...source },
          }),
        ),
      );
      const [first] = asked;
      return [...asked, ...rolesIn(input).map((role) => passRole(role, first?.resource ?? "*"))];
    },
  };
}

/** A resource that the request makes has the tags it is made with. */
function tagged(
  rows: Rows,
  call: Call,
  input: { readonly Tags?: TagDocument["Tags"] },
  permission: Permission,
): Permission {
  if (permission.resource === "*") return permission;
  const given = call.operation.startsWith("Create") ? input.Tags : undefined;
  return { ...permission, resourceTags: () => tagsOf(rows, call, permission.resource, given) };
}

/** Tags of the resource, by key; `otherwise` where there is none. */
export async function tagsOf(
  rows: Rows,
  at: Pick<Call, "account" | "region">,
  arn: string,
  otherwise: TagDocument["Tags"] = [],
): Promise<Tags> {
  const row = await rows.get<TagDocument>(tagKey(scopeOf(at), arn));
  return Object.fromEntries((row?.document.Tags ?? otherwise).map(({ Key, Value }) => [Key, Value]));
}
