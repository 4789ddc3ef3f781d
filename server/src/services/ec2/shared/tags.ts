// Tags as EC2 shows them.
import type { Tag } from "../../../../../contract/ec2/types.ts";

export const tagList = (tags: Readonly<Record<string, string>>): readonly Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
