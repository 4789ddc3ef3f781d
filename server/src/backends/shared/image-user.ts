// Which user an image's program runs as: `USER` by name or number, looked up in the image's own files.
// Dockerfile reference, "USER"; OCI image specification 1.1, config.md, "User".
import { UnitRefused } from "../backend.ts";

export interface ImageUser {
  readonly uid: number;
  readonly gid: number;
  /** Further groups. */
  readonly groups: readonly number[];
  readonly home: string;
}

/** Text of the image's files, empty where it has none. */
export interface UserTables {
  readonly passwd: string;
  readonly group: string;
}

/** Larger ones are no such files. */
export const LARGEST_TABLE_BYTES = 4 * 2 ** 20;
/** Ids of a unit are 0 to 65,535. */
const HIGHEST_ID = 65_535;

/** @throws UnitRefused for a name that the image does not have, and for ids beyond those a unit has */
export function findUser(tables: UserTables, user: string): ImageUser {
  const [name = "", group, more] = user.split(":");
  if (more !== undefined) throw refused(user, "expected a user, or user:group");
  const people = readTable(tables.passwd);
  const groups = readTable(tables.group);
  const isRoot = name === "" || name === "0" || name === "root";
  const person =
    people.find((row) => row[0] === name) ?? people.find((row) => row[2] === (isRoot ? "0" : name) && name !== "root");
  const uid = idOf(person?.[2] ?? (isRoot ? "0" : name), user, "no such user in its /etc/passwd");
  const row = group === undefined ? undefined : groups.find((one) => one[0] === group);
  const gid =
    group === undefined || group === ""
      ? idOf(person?.[3] ?? "0", user, "its group is no number")
      : idOf(row?.[2] ?? group, user, "no such group in its /etc/group");
  const known = person?.[0] ?? "";
  // As Docker: a group that is named is the only one.
  const further = group ? [] : groups.filter((one) => known !== "" && one[3]?.split(",").includes(known));
  return {
    uid,
    gid,
    groups: further.map((one) => Number(one[2])).filter((id) => id >= 0 && id <= HIGHEST_ID && id !== gid),
    home: person?.[5] || (uid === 0 ? "/root" : "/"),
  };
}

const readTable = (text: string): readonly (readonly string[])[] =>
  text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));

function idOf(text: string, user: string, otherwise: string): number {
  if (!/^\d+$/.test(text)) throw refused(user, otherwise);
  const id = Number(text);
  if (id > HIGHEST_ID) throw refused(user, `ids of a unit end at ${HIGHEST_ID}`);
  return id;
}

const refused = (user: string, why: string): UnitRefused =>
  new UnitRefused(`The image's USER ${JSON.stringify(user)} cannot be used: ${why}.`);
