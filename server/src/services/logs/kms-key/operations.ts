// The KMS key of a log group.
// Gap: the key is checked and told, and what is put is kept as if there was none: log lines are not encrypted.
// Gap: keys for query results are refused by name.
import type { Operations as Contract } from "../../../../../contract/logs/types.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidParameter } from "../errors.ts";
import type { LogsContext } from "../shared/context.ts";
import { changeSettings, groupNameOf, onGroup } from "../shared/groups.ts";
import { usableKey } from "../shared/keys.ts";

interface Named {
  readonly logGroupName?: string | undefined;
  readonly resourceIdentifier?: string | undefined;
}

/** @throws ApiError InvalidParameter */
function namedGroup({ logGroupName, resourceIdentifier }: Named): string {
  if (resourceIdentifier?.includes(":query-result:")) {
    throw invalidParameter("A key for query results is not yet available in Sagebrush.");
  }
  return groupNameOf({ logGroupName, logGroupIdentifier: resourceIdentifier?.replace(/:\*$/, "") });
}

export const kmsKey = (context: LogsContext): Operations<Contract> => ({
  AssociateKmsKey: {
    permissions: (input, call) => onGroup(call, namedGroup(input)),
    async run(input, call) {
      const group = namedGroup(input);
      const kmsKeyId = await usableKey(context, call, group, input.kmsKeyId);
      await changeSettings(context, call, group, (old) => ({ ...old, kmsKeyId }));
      return {};
    },
  },
  DisassociateKmsKey: {
    permissions: (input, call) => onGroup(call, namedGroup(input)),
    async run(input, call) {
      await changeSettings(context, call, namedGroup(input), ({ kmsKeyId: _, ...rest }) => rest);
      return {};
    },
  },
});
