// OpenID Connect providers: whose tokens AssumeRoleWithWebIdentity takes. Answers as recorded in LocalStack's
// tests/aws/services/iam/test_iam_oidc.snapshot.json.
// Gap: a provider's address may have a port, and a provider made without thumbprints has none: AWS would read them from it.
import type { Operations as Contract } from "../../../../../contract/iam/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { entityAlreadyExists, invalidInput, limitExceeded, noSuchEntity } from "../errors.ts";
import { changeRow, created, createRow, removeRow } from "../shared/changes.ts";
import { wholeSeconds } from "../shared/encoding.ts";
import type { Identities } from "../shared/identities.ts";
import { OIDC_PROVIDER, type OidcProvider, oidcProviderKey } from "../shared/nouns.ts";
import { allRows, pageOf } from "../shared/paging.ts";
import { quotas, within } from "../shared/quotas.ts";
import { resourceTags, tagList, tagsMember, withoutTags, withTags } from "../shared/tags.ts";

const MAX_THUMBPRINTS = 5;
const MAX_CLIENT_IDS = 100;

/** Host and path of an issuer as they were given. @throws ApiError Validation */
function issuerOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  // Printable ASCII alone: it becomes part of an ARN.
  if (!/^https:\/\/[!-~]+$/.test(url) || parsed?.username !== "" || parsed.password !== "") {
    throw errors.validation("Invalid Open ID Connect Provider URL");
  }
  return url.slice("https://".length).replace(/[?#].*$/, "");
}

const arnOf = (account: string, issuer: string): string => `arn:aws:iam::${account}:oidc-provider/${issuer}`;

const keyOf = (account: string, arn: string) => {
  const start = arnOf(account, "");
  return oidcProviderKey(account, arn.startsWith(start) ? arn.slice(start.length) : "");
};

/** @throws ApiError NoSuchEntity */
async function find(identities: Identities, account: string, arn: string): Promise<Row<OidcProvider>> {
  const row = await identities.rows.get<OidcProvider>(keyOf(account, arn));
  if (!row) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`);
  return row;
}

const change = (
  identities: Identities,
  account: string,
  arn: string,
  next: (provider: OidcProvider) => OidcProvider,
): Promise<OidcProvider> => changeRow(identities, () => find(identities, account, arn), next);

interface Named {
  readonly OpenIDConnectProviderArn: string;
}

const onProvider =
  (identities: Identities) =>
  async (
    { OpenIDConnectProviderArn: arn }: Named,
    call: Call,
    conditions: Permission["conditions"] = {},
  ): Promise<readonly Permission[]> => {
    const row = await identities.rows.get<OidcProvider>(keyOf(call.account, arn));
    const tags = resourceTags(row?.document.tags ?? {});
    return [{ action: `iam:${call.operation}`, resource: arn, conditions: { ...tags, ...conditions } }];
  };

/** @throws ApiError InvalidInput */
function thumbprintsOf(given: readonly string[]): readonly string[] {
  if (given.length > MAX_THUMBPRINTS) {
    throw invalidInput(`Thumbprint list must contain fewer than ${MAX_THUMBPRINTS} entries.`);
  }
  return given.map((thumbprint) => thumbprint.toLowerCase());
}

/** @throws ApiError LimitExceeded */
function withClients(present: readonly string[], added: readonly string[]): readonly string[] {
  const all = [...new Set([...present, ...added])];
  if (all.length > MAX_CLIENT_IDS) {
    throw limitExceeded(`Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${MAX_CLIENT_IDS}`);
  }
  return all;
}

export const oidcProvider = (identities: Identities): Operations<Contract> => ({
  ...providers(identities),
  ...parts(identities),
  ...providerTags(identities),
});

const providers = (identities: Identities): Operations<Contract> => ({
  CreateOpenIDConnectProvider: {
    permissions: (input, call) => [
      {
        action: `iam:${call.operation}`,
        resource: arnOf(call.account, issuerOf(input.Url)),
        conditions: tagConditions(input.Tags ?? []),
      },
    ],
    async run(input, call) {
      const issuer = issuerOf(input.Url);
      const document: OidcProvider = {
        arn: arnOf(call.account, issuer),
        issuer,
        createdAt: call.at,
        clientIds: withClients([], input.ClientIDList ?? []),
        thumbprints: thumbprintsOf(input.ThumbprintList ?? []),
        tags: withTags({}, input.Tags ?? []),
      };
      await createRow(
        within(identities, call.account, quotas.oidcProviders),
        created(oidcProviderKey(call.account, issuer), document, call.at),
        () => entityAlreadyExists(`Provider with url ${input.Url} already exists.`),
      );
      return { OpenIDConnectProviderArn: document.arn, ...tagsMember(document.tags) };
    },
  },
  GetOpenIDConnectProvider: {
    permissions: (input, call) => onProvider(identities)(input, call),
    async run(input, { account }) {
      const { document } = await find(identities, account, input.OpenIDConnectProviderArn);
      return {
        Url: document.issuer,
        ClientIDList: document.clientIds,
        ThumbprintList: document.thumbprints,
        CreateDate: wholeSeconds(document.createdAt),
        Tags: tagList(document.tags),
      };
    },
  },
  ListOpenIDConnectProviders: {
    async run(_input, { account }) {
      const found: { readonly Arn: string }[] = [];
      for await (const row of allRows<OidcProvider>(identities.rows, { kind: OIDC_PROVIDER, scope: account })) {
        found.push({ Arn: row.document.arn });
      }
      return { OpenIDConnectProviderList: found };
    },
  },
  DeleteOpenIDConnectProvider: {
    permissions: (input, call) => onProvider(identities)(input, call),
    async run({ OpenIDConnectProviderArn: arn }, { account }) {
      const row = await identities.rows.get<OidcProvider>(keyOf(account, arn));
      if (!row) throw noSuchEntity(`OpenId connect Provider ${arn} cannot be found.`);
      await removeRow(identities, row);
      return {};
    },
  },
});

const parts = (identities: Identities): Operations<Contract> => ({
  UpdateOpenIDConnectProviderThumbprint: {
    permissions: (input, call) => onProvider(identities)(input, call),
    async run(input, { account }) {
      const thumbprints = thumbprintsOf(input.ThumbprintList);
      await change(identities, account, input.OpenIDConnectProviderArn, (provider) => ({ ...provider, thumbprints }));
      return {};
    },
  },
  AddClientIDToOpenIDConnectProvider: {
    permissions: (input, call) => onProvider(identities)(input, call),
    async run(input, { account }) {
      await change(identities, account, input.OpenIDConnectProviderArn, (provider) => ({
        ...provider,
        clientIds: withClients(provider.clientIds, [input.ClientID]),
      }));
      return {};
    },
  },
  // Removing what is not there succeeds (IAM API reference).
  RemoveClientIDFromOpenIDConnectProvider: {
    permissions: (input, call) => onProvider(identities)(input, call),
    async run(input, { account }) {
      await change(identities, account, input.OpenIDConnectProviderArn, (provider) => ({
        ...provider,
        clientIds: provider.clientIds.filter((id) => id !== input.ClientID),
      }));
      return {};
    },
  },
});

const providerTags = (identities: Identities): Operations<Contract> => ({
  TagOpenIDConnectProvider: {
    permissions: (input, call) => onProvider(identities)(input, call, tagConditions(input.Tags)),
    async run(input, { account }) {
      await change(identities, account, input.OpenIDConnectProviderArn, (provider) => ({
        ...provider,
        tags: withTags(provider.tags, input.Tags),
      }));
      return {};
    },
  },
  UntagOpenIDConnectProvider: {
    permissions: (input, call) => onProvider(identities)(input, call, { "aws:TagKeys": input.TagKeys }),
    async run(input, { account }) {
      await change(identities, account, input.OpenIDConnectProviderArn, (provider) => ({
        ...provider,
        tags: withoutTags(provider.tags, input.TagKeys),
      }));
      return {};
    },
  },
  ListOpenIDConnectProviderTags: {
    permissions: (input, call) => onProvider(identities)(input, call),
    async run(input, { account }) {
      const { document } = await find(identities, account, input.OpenIDConnectProviderArn);
      const { items, ...page } = pageOf(tagList(document.tags), ({ Key }) => Key, input);
      return { Tags: items, ...page };
    },
  },
});
