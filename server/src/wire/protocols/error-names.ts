// A modelled error has a shape name (JSON and CBOR say it) and may have another code (query and XML say that).
import type { ServiceModel, StructureShape } from "../../../../contract/model.ts";
import type { ApiError } from "../../core/errors.ts";

export interface NamedError {
  /** `InvalidParameterValueException`. */
  readonly shapeName: string;
  /** `InvalidParameterValue`. */
  readonly code: string;
  /** Whose fault it is, as query documents say it. */
  readonly type: "Sender" | "Receiver";
  readonly shape: StructureShape | undefined;
}

/** Names of an error by its shape name or its code, whichever it was thrown with. */
export function errorNames(model: ServiceModel): (error: ApiError) => NamedError {
  const byName = new Map<
    string,
    { readonly shapeName: string; readonly code: string; readonly shape: StructureShape }
  >();
  for (const [shapeName, shape] of Object.entries(model.shapes)) {
    if (shape.type !== "structure" || shape.error === undefined) continue;
    const entry = { shapeName, code: shape.error.code ?? shapeName, shape };
    byName.set(shapeName, entry);
    if (!byName.has(entry.code)) byName.set(entry.code, entry);
  }
  return (error) => {
    const type = error.status >= 500 ? "Receiver" : "Sender";
    const known = byName.get(error.code);
    return known ? { ...known, type } : { shapeName: error.code, code: error.code, type, shape: undefined };
  };
}

/** Name of the member that holds an error's text, `Message` in SageMaker, `message` elsewhere. */
export function messageMember(shape: StructureShape | undefined): string {
  return shape && Object.hasOwn(shape.members, "Message") ? "Message" : "message";
}
