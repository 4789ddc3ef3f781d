// How long the lines of a log group are kept.
import type { Operations as Contract } from "../../../../../contract/logs/types.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidParameter, noGroup } from "../errors.ts";
import { changeSettings, groupRow, hasGroup, onGroup, type Parts } from "../shared/groups.ts";

/** Days that a retention may have (Logs API reference, PutRetentionPolicy). */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export const retentionPolicy = (parts: Parts): Operations<Contract> => ({
  PutRetentionPolicy: {
    permissions: (input, call) => onGroup(call, input.logGroupName),
    async run({ logGroupName, retentionInDays }, call) {
      if (!RETENTIONS.includes(retentionInDays)) {
        throw invalidParameter(
          `1 validation error detected: Value '${retentionInDays}' at 'retentionInDays' failed to satisfy constraint: ` +
            `Member must satisfy enum value set: [${RETENTIONS.join(", ")}]`,
        );
      }
      await changeSettings(parts, call, logGroupName, (old) => ({ ...old, retentionDays: retentionInDays }));
      return {};
    },
  },
  DeleteRetentionPolicy: {
    permissions: (input, call) => onGroup(call, input.logGroupName),
    async run({ logGroupName }, call) {
      if (!(await groupRow(parts, call, logGroupName)) && !(await hasGroup(parts, call, logGroupName))) throw noGroup();
      await changeSettings(parts, call, logGroupName, ({ retentionDays: _, ...rest }) => rest);
      return {};
    },
  },
});
