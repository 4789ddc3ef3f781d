// How a try of a delivery ended.

/**
 * `again`: it may go well later; `failed`: it will not. The code is one of those that dead letters have on AWS. `early`:
 * nothing was tried, since the target takes no more before a time, in milliseconds since 1970.
 */
export type Result =
  | { readonly kind: "delivered" }
  | { readonly kind: "early"; readonly turnAt: number }
  | { readonly kind: "again" | "failed"; readonly code: FailureCode; readonly message: string };

export type FailureCode =
  | "NO_PERMISSIONS"
  | "NO_RESOURCE"
  | "INVALID_PARAMETER"
  | "SDK_CLIENT_ERROR"
  | "CONNECTION_FAILURE"
  | "THIRD_ACCOUNT_HOP_DETECTED"
  | "INTERNAL_ERROR"
  | "THROTTLING";

export const delivered: Result = { kind: "delivered" };
export const failed = (code: FailureCode, message: string): Result => ({ kind: "failed", code, message });
export const again = (code: FailureCode, message: string): Result => ({ kind: "again", code, message });
