// Tags of secrets.
import type { Operations as Contract } from "../../../../../contract/secretsmanager/types.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { changeSecret, onSecret, type Parts, requireOwn } from "../shared/secrets.ts";
import { withTags } from "../shared/tags.ts";

export const tag = (parts: Parts): Operations<Contract> => ({
  TagResource: {
    permissions: async ({ SecretId, Tags }, call) => [
      await onSecret(parts, call, SecretId, { conditions: tagConditions(Tags) }),
    ],
    async run({ SecretId, Tags }, call) {
      const find = () => requireOwn(parts, call, SecretId);
      await changeSecret(
        parts,
        find,
        ({ document }) => ({ document: { ...document, tags: withTags(document.tags, Tags) } }),
        call.at,
      );
      return {};
    },
  },
  UntagResource: {
    permissions: async ({ SecretId, TagKeys }, call) => [
      await onSecret(parts, call, SecretId, { conditions: { "aws:TagKeys": TagKeys } }),
    ],
    async run({ SecretId, TagKeys }, call) {
      const find = () => requireOwn(parts, call, SecretId);
      await changeSecret(
        parts,
        find,
        ({ document }) => {
          const kept = Object.entries(document.tags ?? {}).filter(([key]) => !TagKeys.includes(key));
          return { document: { ...document, tags: Object.fromEntries(kept) } };
        },
        call.at,
      );
      return {};
    },
  },
});
