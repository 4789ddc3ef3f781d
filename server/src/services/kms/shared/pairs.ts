// Keys that are pairs: their material is the private half, as DER (PKCS #8).
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { currentMaterial, type KeyRow, openMaterial, type Parts } from "./keyring.ts";

export const readPrivateKey = (der: Buffer): KeyObject => createPrivateKey({ key: der, format: "der", type: "pkcs8" });

/** @throws Error when the material was sealed under another master key */
export const privateKeyOf = (parts: Parts, row: KeyRow): KeyObject =>
  readPrivateKey(openMaterial(parts, row.name, currentMaterial(row)));

/** The public half, as DER (SPKI). */
export const publicDer = (key: KeyObject): Buffer => createPublicKey(key).export({ type: "spki", format: "der" });
