// The private workforce of an account and region, read by work teams: there is at most one.
import type { CognitoConfig, OidcConfig, SourceIpConfig } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { newId } from "../../../core/ids.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { type Parts, scopeOf } from "./noun.ts";
import { alreadyThere, keyOf, Records } from "./records.ts";

const workforceKind = "sagemaker:workforce";

/** What is kept of an identity provider: its secret is sealed. */
export type KeptOidcConfig = Omit<OidcConfig, "ClientSecret"> & { readonly sealedClientSecret: string };

export interface WorkforceDocument {
  readonly SubDomain: string;
  readonly CognitoConfig?: CognitoConfig | undefined;
  readonly OidcConfig?: KeptOidcConfig | undefined;
  readonly SourceIpConfig?: SourceIpConfig | undefined;
}

export const workforceRecords = (parts: Pick<Parts, "rows" | "clock">): Records<WorkforceDocument> =>
  new Records(parts, {
    kind: workforceKind,
    type: "workforce/private-crowd",
    sort: { sortBy: "CreationTime", sortOrder: "Ascending" },
    missing: (arn) => errors.validation(`No workforce found: "${arn}".`),
    duplicate: alreadyThere("workforce"),
  });

/** The workforce of the caller's account and region. */
export async function findWorkforce(
  { rows }: Pick<Parts, "rows">,
  call: Call,
): Promise<Row<WorkforceDocument> | undefined> {
  const page = await rows.list<WorkforceDocument>({ kind: workforceKind, scope: scopeOf(call), limit: 1 });
  return page.rows[0];
}

/** A row that is there exactly while there is a workforce, so that two at once cannot both be made. */
export const onlyWorkforce = (call: Call) => ({
  kind: "sagemaker:only-workforce",
  scope: scopeOf(call),
  name: "workforce",
});

/** The change beside the creation of a workforce. */
export const takesThePlace = (call: Call, now: number) => ({
  expect: [{ key: onlyWorkforce(call), version: "absent" as const }],
  put: [{ ...onlyWorkforce(call), status: "", createdAt: now, modifiedAt: now, document: {} }],
});

/** The change beside that of a work team, so that teams are made one after the other and never while the workforce goes. */
export function touched(row: Row<WorkforceDocument>) {
  const { version, ...rest } = row;
  return { expect: [{ key: keyOf(row), version }], put: [rest] };
}

/** Where its workers will sign in; the first part is nobody's to guess. */
export const newSubDomain = (call: Call): string => `${newId().slice(0, 10)}.labeling.${call.region}.sagemaker.aws`;
