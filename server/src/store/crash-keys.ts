// Where the crash test's writer writes and its judge looks.
export const THING = { kind: "s3:object", scope: "bucket" };
export const CHANGED = { kind: "iam:role", scope: "123456789012" };
export const STREAM = { account: "a", region: "r", group: "/aws/sagemaker/TrainingJobs", stream: "job/algo-1" };

/** What a thing of this name holds: every other one is small, the rest have files. */
export const contentsOf = (name: string): string => name.repeat(/[02468]$/.test(name) ? 10 : 10_000);
