// Staging labels of a secret's versions: each label stands at one version, and AWSPREVIOUS follows AWSCURRENT.
// Source: Secrets Manager API reference, PutSecretValue and UpdateSecretVersionStage; that AWSPENDING leaves a version
// together with AWSCURRENT was recorded from AWS (LocalStack, test_update_secret_version_stages_current_pending).

export const CURRENT = "AWSCURRENT";
export const PREVIOUS = "AWSPREVIOUS";
const PENDING = "AWSPENDING";

interface Staged {
  readonly id: string;
  readonly stages: readonly string[];
}

export const holderOf = <Version extends Staged>(versions: readonly Version[], stage: string): Version | undefined =>
  versions.find(({ stages }) => stages.includes(stage));

/** The versions with labels moved to one of them, from wherever they stood. */
export function attach<Version extends Staged>(
  versions: readonly Version[],
  id: string,
  labels: readonly string[],
): readonly Version[] {
  const former = labels.includes(CURRENT) ? holderOf(versions, CURRENT)?.id : undefined;
  const isReplaced = former !== undefined && former !== id;
  const moved = new Set(isReplaced ? [...labels, PREVIOUS] : labels);
  return versions.map((version) => {
    const gone = (stage: string) => moved.has(stage) || (isReplaced && version.id === former && stage === PENDING);
    const kept = version.stages.filter((stage) => !gone(stage));
    const given = version.id === id ? labels : isReplaced && version.id === former ? [PREVIOUS] : [];
    return { ...version, stages: [...kept, ...given].toSorted() };
  });
}

/** The versions without a label. */
export const detach = <Version extends Staged>(versions: readonly Version[], label: string): readonly Version[] =>
  versions.map((version) => ({ ...version, stages: version.stages.filter((stage) => stage !== label) }));
