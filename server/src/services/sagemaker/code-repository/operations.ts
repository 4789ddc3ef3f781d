// Code repositories: where Git repositories of notebooks lie and which secret opens them
// (guide, "Associate Git Repositories with Amazon SageMaker Notebook Instances").
// Gap: SecretArn is kept and given back; nobody looks whether the secret exists.
import type { GitConfig } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { type Noun, type Parts, toSeconds } from "../shared/noun.ts";
import { alreadyThere, Records } from "../shared/records.ts";

interface CodeRepositoryDocument {
  readonly GitConfig: GitConfig;
}

export function codeRepository(parts: Parts): Noun {
  const records = new Records<CodeRepositoryDocument>(parts, {
    kind: "sagemaker:code-repository",
    type: "code-repository",
    sort: { sortBy: "Name", sortOrder: "Ascending" },
    missing: (arn) => errors.validation(`Cannot find CodeRepository: "${arn}".`),
    duplicate: alreadyThere("code repository"),
    quota: "Number of code repositories",
  });
  return {
    isRecord: true,
    operations: {
      CreateCodeRepository: {
        newer: ["Tags"],
        permissions: ({ CodeRepositoryName }, call) => [records.on(call, CodeRepositoryName)],
        run: async ({ CodeRepositoryName, GitConfig, Tags }, call) => {
          checkUrl(GitConfig.RepositoryUrl);
          const record = { name: CodeRepositoryName, document: { GitConfig }, tags: Tags };
          return { CodeRepositoryArn: await records.create(call, record) };
        },
      },
      DescribeCodeRepository: {
        permissions: ({ CodeRepositoryName }, call) => [records.on(call, CodeRepositoryName)],
        run: async ({ CodeRepositoryName }, call) => {
          const { name, createdAt, modifiedAt, document } = await records.need(call, CodeRepositoryName);
          return {
            CodeRepositoryName: name,
            CodeRepositoryArn: records.arn(call, name),
            CreationTime: toSeconds(createdAt),
            LastModifiedTime: toSeconds(modifiedAt),
            GitConfig: document.GitConfig,
          };
        },
      },
      UpdateCodeRepository: {
        permissions: ({ CodeRepositoryName }, call) => [records.on(call, CodeRepositoryName)],
        run: async ({ CodeRepositoryName, GitConfig }, call) => {
          await records.change(call, CodeRepositoryName, ({ document }) => ({
            GitConfig: { ...document.GitConfig, ...(GitConfig?.SecretArn ? { SecretArn: GitConfig.SecretArn } : {}) },
          }));
          return { CodeRepositoryArn: records.arn(call, CodeRepositoryName) };
        },
      },
      DeleteCodeRepository: {
        permissions: ({ CodeRepositoryName }, call) => [records.on(call, CodeRepositoryName)],
        run: async ({ CodeRepositoryName }, call) => {
          await records.remove(call, CodeRepositoryName);
          return {};
        },
      },
      ListCodeRepositories: {
        run: async (input, call) => {
          const { rows, ...more } = await records.list(call, input);
          return {
            CodeRepositorySummaryList: rows.map(({ name, createdAt, modifiedAt, document }) => ({
              CodeRepositoryName: name,
              CodeRepositoryArn: records.arn(call, name),
              CreationTime: toSeconds(createdAt),
              LastModifiedTime: toSeconds(modifiedAt),
              GitConfig: document.GitConfig,
            })),
            ...more,
          };
        },
      },
    },
  };
}

/** Who signs in is the secret's business. @throws ApiError Validation for a URL with a user in it */
function checkUrl(url: string): void {
  const isUrl = URL.canParse(url);
  const { username, password } = isUrl ? new URL(url) : { username: "", password: "" };
  if (!isUrl || username !== "" || password !== "")
    throw errors.validation(
      `GitConfig.RepositoryUrl: expected https://host/path without a user name, which belongs into the secret of SecretArn, got a URL ${isUrl ? "with one" : "that cannot be read"}.`,
    );
}
