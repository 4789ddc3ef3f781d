// Refusals of what the API has and we do not.
import { errors } from "../../../core/errors.ts";

/** `what`: the member, with what it asks for. */
export const notBuilt = (what: string) => errors.validation(`${what} is not yet available in Sagebrush.`);
