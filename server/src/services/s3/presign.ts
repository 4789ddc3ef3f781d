// Addresses that let whoever has them read one object for a while: Signature Version 4 in the query, signed for a session
// (AWS General Reference, "Authenticating Requests: Using Query Parameters").
import type { AddressPlace, ObjectReference, RoleSession } from "../../core/ports.ts";
import { ALGORITHM } from "../../wire/signatures/form.ts";
import { encode, hmacHex, scopeOf, sha256Hex, signingKey } from "../../wire/signatures/version4.ts";

/** The address of the object for a GET under the session, which has to be alive while it is read. */
export function presignGet(session: RoleSession, { bucket, key }: ObjectReference, place: AddressPlace): string {
  const time = new Date(place.now).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = { date: time.slice(0, 8), region: place.region, service: "s3" };
  const path = `/${bucket}/${key.split("/").map(encode).join("/")}`;
  const query = Object.entries({
    "X-Amz-Algorithm": ALGORITHM,
    "X-Amz-Credential": `${session.accessKeyId}/${scopeOf(scope)}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": String(place.seconds),
    "X-Amz-Security-Token": session.sessionToken,
    "X-Amz-SignedHeaders": "host",
  })
    .map(([name, value]) => `${name}=${encode(value)}`)
    .join("&");
  const host = new URL(place.origin).host;
  const canonical = `GET\n${path}\n${query}\nhost:${host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const toSign = `${ALGORITHM}\n${time}\n${scopeOf(scope)}\n${sha256Hex(canonical)}`;
  return `${place.origin}${path}?${query}&X-Amz-Signature=${hmacHex(signingKey(session.secretAccessKey, scope), toSign)}`;
}
