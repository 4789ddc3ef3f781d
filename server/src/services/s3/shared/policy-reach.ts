// What the statements of a bucket's policy can apply to: the bucket itself, or objects in it. Source: Service Authorization
// Reference, "Actions, resources, and condition keys for Amazon S3"; S3 user guide, "Bucket policies".

export interface Reach {
  readonly bucket: boolean;
  readonly objects: boolean;
}

/** How the names of all actions on objects begin, and those of none on buckets. */
const OBJECT_ACTIONS = [
  ...["getobject", "putobject", "deleteobject", "restoreobject", "renameobject", "updateobject", "objectowner"],
  ...["replicate", "initiatereplication", "abortmultipart", "listmultipartuploadparts", "bypassgovernance"],
];

/** What an action, with wildcards or without, is done to. */
export function reachOfAction(action: string): Reach {
  const name = action.toLowerCase().replace(/^s3:/, "");
  const start = name.replace(/[*?].*$/, "");
  const isPattern = start !== name;
  // It is about all buckets of an account.
  if (name === "listallmybuckets") return { bucket: false, objects: false };
  const isOnObjects = OBJECT_ACTIONS.some((begin) => start.startsWith(begin));
  const mayBeOnObjects = isPattern && OBJECT_ACTIONS.some((begin) => begin.startsWith(start));
  return { bucket: !isOnObjects, objects: isOnObjects || mayBeOnObjects };
}

/** What of a bucket a resource names, with wildcards, variables or neither. */
export function reachOfResource(resource: string, bucketArn: string): Reach {
  const pattern = resource.replace(/\$\{[^}]*\}?/g, "*");
  const atBucket = ends(pattern, bucketArn);
  return { bucket: atBucket.has(pattern.length), objects: ends(pattern, `${bucketArn}/`).size > 0 };
}

/** Where in a pattern one can be once it has matched all of the text: at its end, it matches the text itself. */
function ends(pattern: string, text: string): ReadonlySet<number> {
  let places = overStars(pattern, [0]);
  for (const character of text) {
    const next = [...places].flatMap((place) => {
      if (pattern[place] === "*") return [place];
      return pattern[place] === "?" || pattern[place] === character ? [place + 1] : [];
    });
    places = overStars(pattern, next);
  }
  return places;
}

function overStars(pattern: string, places: readonly number[]): Set<number> {
  const all = new Set<number>();
  for (let place of places) {
    for (all.add(place); pattern[place] === "*"; all.add(place)) place += 1;
  }
  return all;
}
