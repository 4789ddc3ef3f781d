// AddTags, DeleteTags, ListTags: the same for every resource that has an ARN.
// Gap: tags of a resource made by another account are never visible; AWS has resource sharing.
import type { Tag } from "../../../../../contract/sagemaker/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import { again } from "../../../store/rows/again.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { refuseToken } from "../shared/list.ts";
import type { Noun, Parts } from "../shared/noun.ts";
import { onArn, scopeOf } from "../shared/noun.ts";
import type { TagDocument } from "../shared/tags.ts";
import { checkTags, tagKey } from "../shared/tags.ts";

export function tag({ rows, clock }: Parts): Noun {
  const need = async (call: Call, arn: string): Promise<Row<TagDocument>> => {
    const row = await rows.get<TagDocument>(tagKey(scopeOf(call), arn));
    if (!row) throw errors.validation(`Could not find resource with ARN ${arn}.`);
    return row;
  };

  /** Changes the tags as they are now; somebody else's change in between is taken into account. */
  const change = async (call: Call, arn: string, edit: (tags: readonly Tag[]) => readonly Tag[]) => {
    return await again(async () => {
      const row = await need(call, arn);
      const Tags = edit(row.document.Tags);
      checkTags(Tags);
      const { version, ...write } = row;
      await rows.commit({
        expect: [{ key: tagKey(row.scope, arn), version }],
        put: [{ ...write, modifiedAt: clock.now(), document: { Tags } }],
      });
      return Tags;
    });
  };

  const permissions = ({ ResourceArn }: { readonly ResourceArn: string }, call: Call): readonly Permission[] => [
    onArn(call, ResourceArn),
  ];

  return {
    operations: {
      AddTags: {
        permissions,
        run: async ({ ResourceArn, Tags }, call) => {
          checkTags(Tags);
          const added = new Set(Tags.map(({ Key }) => Key));
          return {
            Tags: await change(call, ResourceArn, (old) => [...old.filter(({ Key }) => !added.has(Key)), ...Tags]),
          };
        },
      },
      DeleteTags: {
        permissions,
        run: async ({ ResourceArn, TagKeys }, call) => {
          await change(call, ResourceArn, (old) => old.filter(({ Key }) => !TagKeys.includes(Key)));
          return {};
        },
      },
      ListTags: {
        permissions,
        run: async ({ ResourceArn, NextToken }, call) => {
          const { Tags } = (await need(call, ResourceArn)).document;
          // A page has room for 50 at least, and a resource has no more (API reference, ListTags and AddTags).
          refuseToken(NextToken);
          return { Tags };
        },
      },
    },
  };
}
