// The quotas that can be set, by AWS's names for them where it has one (Service Quotas), and those that hold unless set.

/** What has instances, as names of quotas say it. */
export const instanceUsers = [
  "training job",
  "spot training job",
  "processing job",
  "transform job",
  "endpoint",
] as const;

export type InstanceUser = (typeof instanceUsers)[number];

/** Instances of all types together. */
export const allInstancesOf = (user: InstanceUser): string =>
  user === "endpoint" ? "Number of instances across active endpoints" : `Number of instances across all ${user}s`;

/** Instances of one type, `ml.m5.large for training job usage`. */
export const typeUsageOf = (type: string, user: InstanceUser): string => `${type} for ${user} usage`;

/** Instances of one job. */
export const instancesPer = (user: InstanceUser): string => `Maximum number of instances per ${user}`;

/** How many things of a kind there may be in an account and region, and what an error counts. */
export const countedThings = {
  "Number of models": "Models",
  "Number of endpoint configurations": "EndpointConfigs",
  "Number of endpoints": "Endpoints",
  "Number of algorithms": "Algorithms",
  "Number of code repositories": "CodeRepositories",
  "Number of notebook instance lifecycle configurations": "NotebookInstanceLifecycleConfigs",
  "Maximum number of SageMaker Model Package allowed per account": "ModelPackages",
  "Maximum number of A2I human task UIs": "HumanTaskUis",
  "Maximum number of A2I flow definitions": "FlowDefinitions",
  "Number of workteams": "Workteams",
  "Total number of experiments": "Experiments",
  "Total number of trials allowed in a single experiment": "Trials",
  "Total number of trial components": "TrialComponents",
} as const;

export type CountedThing = keyof typeof countedThings;

/**
 * Documented for every account: instances of one job (Service Quotas), work teams (API reference, CreateWorkteam). What an
 * account may have besides depends on the account at AWS, and is unlimited here.
 */
export const documentedQuotas: Readonly<Record<string, number>> = {
  [instancesPer("training job")]: 20,
  [instancesPer("spot training job")]: 20,
  [instancesPer("processing job")]: 20,
  "Number of workteams": 25,
};

/** Names without an instance type. */
export const quotaNames: readonly string[] = [
  ...Object.keys(countedThings),
  ...instanceUsers.map(allInstancesOf),
  ...instanceUsers.filter((user) => user !== "endpoint").map(instancesPer),
];

export const isQuotaName = (name: string): boolean =>
  quotaNames.includes(name) ||
  instanceUsers.some((user) => /^ml\.[a-z0-9-]+\.[a-z0-9]+ /.test(name) && name.endsWith(typeUsageOf("", user)));
