// Tags of keys. Answers as recorded in LocalStack's tests/aws/services/kms/test_kms.snapshot.json.
import type { Operations as Contract } from "../../../../../contract/kms/types.ts";
import type { Operations } from "../../../core/service.ts";
import { keyAction, onKey } from "../shared/access.ts";
import { changeKey, type Parts, requireKept, requireKey } from "../shared/keyring.ts";
import { pageOf } from "../shared/paging.ts";
import { tagConditions, withTags } from "../shared/tags.ts";

const DEFAULT_PAGE = 50;

export const tag = (parts: Parts): Operations<Contract> => ({
  ListResourceTags: {
    permissions: keyAction(parts),
    async run(input, call) {
      const { document } = await requireKey(parts, call, input.KeyId);
      const { items, ...facts } = pageOf(Object.entries(document.tags), ([name]) => name, input, DEFAULT_PAGE);
      return { Tags: items.map(([TagKey, TagValue]) => ({ TagKey, TagValue })), ...facts };
    },
  },
  TagResource: {
    permissions: (input, call) => onKey(parts, call, input.KeyId, { conditions: tagConditions(input.Tags) }),
    async run({ KeyId, Tags }, call) {
      await changeKey(parts, call, KeyId, (row) => {
        requireKept(row);
        return { document: { ...row.document, tags: withTags(row.document.tags, Tags) } };
      });
      return {};
    },
  },
  UntagResource: {
    permissions: (input, call) => onKey(parts, call, input.KeyId, { conditions: { "aws:TagKeys": input.TagKeys } }),
    async run({ KeyId, TagKeys }, call) {
      await changeKey(parts, call, KeyId, (row) => {
        requireKept(row);
        const kept = Object.entries(row.document.tags).filter(([name]) => !TagKeys.includes(name));
        return { document: { ...row.document, tags: Object.fromEntries(kept) } };
      });
      return {};
    },
  },
});
