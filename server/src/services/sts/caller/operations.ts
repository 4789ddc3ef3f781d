// Who the caller is. AWS answers this to everyone, whatever policies say (STS API reference, GetCallerIdentity).
import type { Operations as Contract } from "../../../../../contract/sts/types.ts";
import type { Operations } from "../../../core/service.ts";

export const caller = (): Operations<Contract> => ({
  GetCallerIdentity: {
    permissions: () => [],
    run: (_input, { principal }) => ({ UserId: principal.userId, Account: principal.account, Arn: principal.arn }),
  },
});
