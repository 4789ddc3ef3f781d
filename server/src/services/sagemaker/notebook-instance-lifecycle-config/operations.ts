// Lifecycle configurations: shell scripts for the creation and each start of a notebook instance
// (guide, "Customize a Notebook Instance Using a Lifecycle Configuration Script").
// Gap: there are no notebook instances yet, so no script is ever run.
import type { NotebookInstanceLifecycleHook } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";
import { type Noun, type Parts, toSeconds } from "../shared/noun.ts";
import { Records } from "../shared/records.ts";

interface LifecycleConfigDocument {
  readonly OnCreate?: readonly NotebookInstanceLifecycleHook[] | undefined;
  readonly OnStart?: readonly NotebookInstanceLifecycleHook[] | undefined;
}

export function notebookInstanceLifecycleConfig(parts: Parts): Noun {
  const records = new Records<LifecycleConfigDocument>(parts, {
    kind: "sagemaker:notebook-instance-lifecycle-config",
    type: "notebook-instance-lifecycle-config",
    sort: { sortBy: "CreationTime", sortOrder: "Ascending" },
    quota: "Number of notebook instance lifecycle configurations",
    missing: (arn) =>
      errors.validation(
        `Unable to find Notebook Instance Lifecycle Config '${arn}'. (Details: Notebook Instance Lifecycle Config does not exist.)`,
      ),
    duplicate: (arn) =>
      errors.validation(
        `Unable to create Notebook Instance Lifecycle Config '${arn}'. (Details: Notebook Instance Lifecycle Config already exists.)`,
      ),
  });
  return {
    isRecord: true,
    operations: {
      CreateNotebookInstanceLifecycleConfig: {
        newer: ["Tags"],
        permissions: (input, call) => [records.on(call, input.NotebookInstanceLifecycleConfigName)],
        run: async ({ NotebookInstanceLifecycleConfigName, OnCreate, OnStart, Tags }, call) => {
          const document = scriptsOf({ OnCreate, OnStart });
          const record = { name: NotebookInstanceLifecycleConfigName, document, tags: Tags };
          return { NotebookInstanceLifecycleConfigArn: await records.create(call, record) };
        },
      },
      DescribeNotebookInstanceLifecycleConfig: {
        permissions: (input, call) => [records.on(call, input.NotebookInstanceLifecycleConfigName)],
        run: async (input, call) => {
          const row = await records.need(call, input.NotebookInstanceLifecycleConfigName);
          return {
            NotebookInstanceLifecycleConfigName: row.name,
            NotebookInstanceLifecycleConfigArn: records.arn(call, row.name),
            ...row.document,
            CreationTime: toSeconds(row.createdAt),
            LastModifiedTime: toSeconds(row.modifiedAt),
          };
        },
      },
      UpdateNotebookInstanceLifecycleConfig: {
        permissions: (input, call) => [records.on(call, input.NotebookInstanceLifecycleConfigName)],
        run: async ({ NotebookInstanceLifecycleConfigName, OnCreate, OnStart }, call) => {
          const scripts = scriptsOf({ OnCreate, OnStart });
          await records.change(call, NotebookInstanceLifecycleConfigName, ({ document }) => ({
            ...document,
            ...scripts,
          }));
          return {};
        },
      },
      DeleteNotebookInstanceLifecycleConfig: {
        permissions: (input, call) => [records.on(call, input.NotebookInstanceLifecycleConfigName)],
        run: async (input, call) => {
          await records.remove(call, input.NotebookInstanceLifecycleConfigName);
          return {};
        },
      },
      ListNotebookInstanceLifecycleConfigs: {
        run: async (input, call) => {
          const { rows, ...more } = await records.list(call, input);
          return {
            NotebookInstanceLifecycleConfigs: rows.map(({ name, createdAt, modifiedAt }) => ({
              NotebookInstanceLifecycleConfigName: name,
              NotebookInstanceLifecycleConfigArn: records.arn(call, name),
              CreationTime: toSeconds(createdAt),
              LastModifiedTime: toSeconds(modifiedAt),
            })),
            ...more,
          };
        },
      },
    },
  };
}

/** The hooks that were given, without those that were not. @throws ApiError Validation unless each is a script in base64 */
function scriptsOf(given: LifecycleConfigDocument): LifecycleConfigDocument {
  const hooks = Object.entries(given).filter(([, scripts]) => scripts !== undefined);
  for (const [hook, scripts] of hooks)
    for (const { Content } of scripts)
      if (!isScript(Content))
        throw errors.validation(
          `${hook}: expected Content, a shell script encoded as base64, got ${Content === undefined ? "none" : "text that is not base64"}.`,
        );
  return Object.fromEntries(hooks);
}

/** Line breaks within base64 are what `base64` prints. */
const isScript = (content: string | undefined): boolean =>
  content !== undefined &&
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(content.replace(/\s/g, ""));
