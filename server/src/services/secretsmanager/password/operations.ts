// Passwords by chance, as Secrets Manager makes them (API reference, GetRandomPassword).
import { randomInt } from "node:crypto";
import type { Operations as Contract, GetRandomPasswordRequest } from "../../../../../contract/secretsmanager/types.ts";
import type { Operations } from "../../../core/service.ts";
import { invalidParameter } from "../errors.ts";

const DEFAULT_LENGTH = 32;

export const password = (): Operations<Contract> => ({
  GetRandomPassword: { run: (input) => ({ RandomPassword: newPassword(input) }) },
});

/** @throws ApiError InvalidParameter when no such password can be made */
function newPassword(input: GetRandomPasswordRequest): string {
  const { PasswordLength: length = DEFAULT_LENGTH, ExcludeCharacters: excluded = "" } = input;
  const kinds = kindsOf(input).map((letters) => [...letters].filter((letter) => !excluded.includes(letter)));
  const usable = kinds.filter((letters) => letters.length > 0);
  const all = usable.flat();
  const required = input.RequireEachIncludedType === false ? [] : usable;
  if (all.length === 0) throw invalidParameter("There are no characters left that the password could be made of.");
  if (length < required.length) {
    throw invalidParameter(
      `The password is to hold a character of each of ${required.length} kinds, but to be ${length} long.`,
    );
  }
  const letters = [...required, ...Array.from({ length: length - required.length }, () => all)].map(anyOf);
  return shuffled(letters).join("");
}

function kindsOf(input: GetRandomPasswordRequest): readonly string[] {
  return [
    input.ExcludeLowercase === true ? "" : "abcdefghijklmnopqrstuvwxyz",
    input.ExcludeUppercase === true ? "" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    input.ExcludeNumbers === true ? "" : "0123456789",
    input.ExcludePunctuation === true ? "" : "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    input.IncludeSpace === true ? " " : "",
  ];
}

const anyOf = (letters: readonly string[]): string => letters[randomInt(letters.length)] ?? "";

/** Fisher and Yates. */
function shuffled(letters: readonly string[]): readonly string[] {
  const found = [...letters];
  for (let index = found.length - 1; index > 0; index--) {
    const other = randomInt(index + 1);
    [found[index], found[other]] = [found[other] ?? "", found[index] ?? ""];
  }
  return found;
}
