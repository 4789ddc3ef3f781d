// The workforce that a new work team belongs to: the one that is there, or one that comes with the team.
import type { MemberDefinition } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Change } from "../../../store/rows/rows.ts";
import type { Parts } from "../shared/noun.ts";
import { joined } from "../shared/records.ts";
import {
  findWorkforce,
  newSubDomain,
  takesThePlace,
  touched,
  type WorkforceDocument,
  workforceRecords,
} from "../shared/workforce.ts";
import { isOfWorkforce } from "./members.ts";

/** The name of a workforce that comes with its first team (API reference, DescribeWorkforce). */
const DEFAULT_WORKFORCE = "default";

/** Its name, and the change beside the team's own: a workforce that is there is touched, else one is made. */
export async function workforceFor(
  parts: Parts,
  call: Call,
  asked: string | undefined,
  members: readonly MemberDefinition[],
): Promise<{ readonly name: string; readonly beside: Change }> {
  const workforces = workforceRecords(parts);
  const there = asked === undefined ? await findWorkforce(parts, call) : await workforces.need(call, asked);
  if (there) {
    const { name, document } = there;
    if (!isOfWorkforce(members, document))
      throw errors.validation(`MemberDefinitions: expected groups of workforce "${name}", ${described(document)}.`);
    return { name, beside: touched(there) };
  }
  const pool = members[0]?.CognitoMemberDefinition;
  if (!pool)
    throw errors.validation(
      "No workforce found: OidcMemberDefinition needs one, which CreateWorkforce makes with OidcConfig.",
    );
  const { UserPool, ClientId } = pool;
  const document: WorkforceDocument = { SubDomain: newSubDomain(call), CognitoConfig: { UserPool, ClientId } };
  const creation = workforces.creation(call, { name: DEFAULT_WORKFORCE, document, tags: undefined });
  const place = takesThePlace(call, parts.clock.now());
  return { name: DEFAULT_WORKFORCE, beside: joined(creation, place) };
}

const described = ({ CognitoConfig: pool }: WorkforceDocument): string =>
  pool ? `user pool ${pool.UserPool} with client ${pool.ClientId}` : "which is of an OIDC provider";
