// Whose account a key is of.
import type { Operations as Contract } from "../../../../../contract/sts/types.ts";
import { errors } from "../../../core/errors.ts";
import type { Sessions } from "../../../core/ports.ts";
import type { Operations } from "../../../core/service.ts";

export const accessKey = (sessions: Sessions): Operations<Contract> => ({
  GetAccessKeyInfo: {
    async run({ AccessKeyId: id }) {
      const account = await sessions.accountOfKey(id);
      if (account === undefined) throw errors.validation(`Nobody here has the access key ${id}.`);
      return { Account: account };
    },
  },
});
