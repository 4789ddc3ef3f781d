// Which media types data processing takes.

const families: Readonly<{ [mediaType: string]: "csv" | "json" }> = {
  "text/csv": "csv",
  "application/json": "json",
  "application/jsonlines": "json",
};

/** Undefined for a media type that data processing does not take. */
export const familyOf = (mediaType: string | undefined): "csv" | "json" | undefined =>
  families[(mediaType ?? "").split(";")[0]?.trim().toLowerCase() ?? ""];
