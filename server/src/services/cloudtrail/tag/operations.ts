// Tags of trails.
import type { Operations as Contract } from "../../../../../contract/cloudtrail/types.ts";
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { resourceNotFound } from "../errors.ts";
import { withTags } from "../shared/tags.ts";
import { changeTrail, onTrail, type Parts, requireTrail, type TrailRow } from "../shared/trails.ts";

export const tag = (parts: Parts): Operations<Contract> => ({
  AddTags: {
    permissions: ({ ResourceId }, call) => [onTrail(call, ResourceId)],
    async run({ ResourceId, TagsList }, call) {
      const find = () => tagged(parts, call, ResourceId);
      const add = (document: TrailRow["document"]) => ({ ...document, tags: withTags(document.tags, TagsList) });
      await changeTrail(parts, find, add, call.at);
      return {};
    },
  },
  RemoveTags: {
    permissions: ({ ResourceId }, call) => [onTrail(call, ResourceId)],
    async run({ ResourceId, TagsList }, call) {
      const gone = new Set(TagsList.map(({ Key }) => Key));
      const find = () => tagged(parts, call, ResourceId);
      const remove = (document: TrailRow["document"]) => {
        const kept = Object.entries(document.tags).filter(([key]) => !gone.has(key));
        return { ...document, tags: Object.fromEntries(kept) };
      };
      await changeTrail(parts, find, remove, call.at);
      return {};
    },
  },
  ListTags: {
    permissions: ({ ResourceIdList }, call) => ResourceIdList.map((id) => onTrail(call, id)),
    async run({ ResourceIdList }, call) {
      const rows = await Promise.all(ResourceIdList.map((id) => tagged(parts, call, id)));
      return {
        ResourceTagList: rows.map(({ document }, index) => ({
          ResourceId: ResourceIdList[index],
          TagsList: Object.entries(document.tags).map(([Key, Value]) => ({ Key, Value })),
        })),
      };
    },
  },
});

/** @throws ApiError ResourceNotFound */
async function tagged(parts: Parts, call: Call, id: string): Promise<TrailRow> {
  try {
    return await requireTrail(parts, call, id);
  } catch (cause) {
    if (cause instanceof ApiError && cause.code === "TrailNotFoundException") throw resourceNotFound(cause.message);
    throw cause;
  }
}
