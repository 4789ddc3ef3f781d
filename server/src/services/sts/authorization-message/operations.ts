// Encoded reasons of refusals. On AWS it is EC2 that encodes them, for calls that are not here.
// Gap: no service here encodes its refusals, so DecodeAuthorizationMessage finds every message invalid.
import type { Operations as Contract } from "../../../../../contract/sts/types.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";

export const authorizationMessage = (): Operations<Contract> => ({
  DecodeAuthorizationMessage: {
    run() {
      throw new ApiError(
        "InvalidAuthorizationMessageException",
        400,
        "The message was not encoded by this server: its services write their refusals in plain words.",
      );
    },
  },
});
