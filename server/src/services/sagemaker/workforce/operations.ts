// The private workforce: whose workers answer tasks, as a Cognito user pool or an OIDC provider knows them
// (guide, "Use a Private Workforce"). One for an account and region; its work teams say who does what.
// Gap: workers cannot sign in yet: neither the pool nor the provider is asked anything, and SubDomain is the name kept for
// the portal to come.
// Gap: SourceIpConfig is kept and given back; there is no portal that it would guard.
import type {
  OidcConfig,
  OidcConfigForResponse,
  SourceIpConfig,
  Workforce,
} from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { type Noun, type Parts, scopeOf, toSeconds } from "../shared/noun.ts";
import { sealSecret } from "../shared/secrets.ts";
import {
  findWorkforce,
  type KeptOidcConfig,
  newSubDomain,
  onlyWorkforce,
  takesThePlace,
  type WorkforceDocument,
  workforceRecords,
} from "../shared/workforce.ts";
import { workteamKind } from "../shared/workteam.ts";

/** Most address blocks of a workforce (API reference, SourceIpConfig). */
const MAX_CIDRS = 10;

export function workforce(parts: Parts): Noun {
  const { rows, clock, sealingKey } = parts;
  const records = workforceRecords(parts);

  const keptOidc = ({ ClientSecret, ...config }: OidcConfig, arn: string): KeptOidcConfig => ({
    ...config,
    sealedClientSecret: sealSecret(sealingKey, ClientSecret, arn),
  });

  const hasTeams = async (call: Call): Promise<boolean> =>
    (await rows.list({ kind: workteamKind, scope: scopeOf(call), limit: 1 })).rows.length > 0;

  const answerOf = ({ name, createdAt, modifiedAt, document }: Row<WorkforceDocument>, call: Call): Workforce => ({
    WorkforceName: name,
    WorkforceArn: records.arn(call, name),
    LastUpdatedDate: toSeconds(modifiedAt),
    CreateDate: toSeconds(createdAt),
    SourceIpConfig: document.SourceIpConfig ?? { Cidrs: [] },
    SubDomain: document.SubDomain,
    ...(document.CognitoConfig ? { CognitoConfig: document.CognitoConfig } : {}),
    ...(document.OidcConfig ? { OidcConfig: withoutSecret(document.OidcConfig) } : {}),
    Status: "Active",
  });

  return {
    isRecord: true,
    operations: {
      CreateWorkforce: {
        newer: ["OidcConfig.Scope", "OidcConfig.AuthenticationRequestExtraParams"],
        permissions: ({ WorkforceName }, call) => [records.on(call, WorkforceName)],
        run: async ({ WorkforceName, CognitoConfig, OidcConfig, SourceIpConfig, Tags }, call) => {
          if ((CognitoConfig === undefined) === (OidcConfig === undefined))
            throw errors.validation(
              `Expected either CognitoConfig or OidcConfig, got ${CognitoConfig ? "both" : "neither"}.`,
            );
          checkCidrs(SourceIpConfig);
          const arn = records.arn(call, WorkforceName);
          const document: WorkforceDocument = {
            SubDomain: newSubDomain(call),
            ...(CognitoConfig ? { CognitoConfig } : {}),
            ...(OidcConfig ? { OidcConfig: keptOidc(OidcConfig, arn) } : {}),
            ...(SourceIpConfig ? { SourceIpConfig } : {}),
          };
          const record = { name: WorkforceName, document, tags: Tags };
          try {
            return { WorkforceArn: await records.create(call, record, takesThePlace(call, clock.now())) };
          } catch (cause) {
            if (!(cause instanceof Conflict)) throw cause;
            const other = await findWorkforce(parts, call);
            throw errors.validation(
              `Only one workforce may exist in an AWS account and region, and there is one already: ${other?.name ?? "it is just being changed"}.`,
            );
          }
        },
      },
      DescribeWorkforce: {
        permissions: ({ WorkforceName }, call) => [records.on(call, WorkforceName)],
        run: async ({ WorkforceName }, call) => ({
          Workforce: answerOf(await records.need(call, WorkforceName), call),
        }),
      },
      UpdateWorkforce: {
        newer: ["OidcConfig.Scope", "OidcConfig.AuthenticationRequestExtraParams"],
        permissions: ({ WorkforceName }, call) => [records.on(call, WorkforceName)],
        run: async ({ WorkforceName, SourceIpConfig, OidcConfig }, call) => {
          checkCidrs(SourceIpConfig);
          const row = await records.change(call, WorkforceName, async ({ document }) => {
            if (OidcConfig && !document.OidcConfig)
              throw errors.validation("OidcConfig: this workforce is one of Amazon Cognito, which cannot be changed.");
            if (OidcConfig && (await hasTeams(call)))
              throw errors.validation("OidcConfig can be changed only while the workforce has no work team.");
            return {
              ...document,
              ...(SourceIpConfig ? { SourceIpConfig } : {}),
              ...(OidcConfig ? { OidcConfig: keptOidc(OidcConfig, records.arn(call, WorkforceName)) } : {}),
            };
          });
          return { Workforce: answerOf(row, call) };
        },
      },
      DeleteWorkforce: {
        permissions: ({ WorkforceName }, call) => [records.on(call, WorkforceName)],
        run: async ({ WorkforceName }, call) => {
          await records.remove(call, WorkforceName, async () => {
            if (await hasTeams(call))
              throw errors.resourceInUse(
                `Workforce "${WorkforceName}" has work teams; delete all of them before the workforce.`,
              );
            return { remove: [onlyWorkforce(call)] };
          });
          return {};
        },
      },
      ListWorkforces: {
        run: async (input, call) => {
          const { rows: found, ...more } = await records.list(call, input);
          return { Workforces: found.map((row) => answerOf(row, call)), ...more };
        },
      },
    },
  };
}

/** @throws ApiError Validation */
function checkCidrs(config: SourceIpConfig | undefined): void {
  const count = config?.Cidrs.length ?? 0;
  if (count > MAX_CIDRS)
    throw errors.validation(`SourceIpConfig.Cidrs: expected at most ${MAX_CIDRS} address blocks, got ${count}.`);
}

function withoutSecret({ sealedClientSecret: _, ...config }: KeptOidcConfig): OidcConfigForResponse {
  return config;
}
