// STS: the list of nouns, one line each.
import type { Sessions } from "../../core/ports.ts";
import type { Service } from "../../core/service.ts";
import { caller } from "./caller/operations.ts";
import { session } from "./session/operations.ts";

export const createSts = (sessions: Sessions): Service => ({
  name: "sts",
  iamPrefix: "sts",
  operations: { ...caller(), ...session(sessions) },
});
