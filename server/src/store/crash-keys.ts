// Where the crash test's writer writes and its judge looks.
export const THING = { kind: "s3:object", scope: "bucket" };
export const STREAM = { account: "a", region: "r", group: "/aws/sagemaker/TrainingJobs", stream: "job/algo-1" };
