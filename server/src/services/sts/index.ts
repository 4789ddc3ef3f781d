// STS: the list of nouns, one line each.
import type { Sessions } from "../../core/ports.ts";
import type { Service } from "../../core/service.ts";
import { caller } from "./caller/operations.ts";
import { session } from "./session/operations.ts";

export const createSts = (sessions: Sessions): Service => ({
  name: "sts",
  iamPrefix: "sts",
  operations: { ...caller(), ...session(sessions) },
  errorCodes: {
    AccessDeniedException: { code: "AccessDenied", status: 403 },
    ExpiredTokenException: { code: "ExpiredToken", status: 403 },
    InvalidSignatureException: { code: "SignatureDoesNotMatch", status: 403 },
    MissingAuthenticationTokenException: { code: "MissingAuthenticationToken", status: 403 },
    ThrottlingException: { code: "Throttling", status: 400 },
    UnknownOperationException: { code: "InvalidAction", status: 400 },
    UnrecognizedClientException: { code: "InvalidClientTokenId", status: 403 },
    ValidationException: { code: "ValidationError", status: 400 },
  },
});
