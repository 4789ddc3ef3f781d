// Whose fault an error is that ends a unit or an activity.
import { UnitRefused } from "../backends/backend.ts";
import { ApiError } from "../core/errors.ts";

/** Whether the error's words are for the user to act on; all others are the platform's own faults. */
export const isUsersFault = (cause: unknown): boolean =>
  cause instanceof UnitRefused || (cause instanceof ApiError && cause.status < 500);
