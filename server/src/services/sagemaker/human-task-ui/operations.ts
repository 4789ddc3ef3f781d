// Worker task templates: HTML with Liquid that shows a task to a worker
// (guide, "Create and Manage Worker Task Templates"). Its content is given by an address, as AWS gives it.
// Gap: the address of a template holds as long as the template; AWS's ends after some minutes.
// Gap: a template that takes longer than half a second to render is stopped with an error.
import { createHash } from "node:crypto";
import { newId } from "../../../core/ids.ts";
import { humanTaskUiRecords } from "../shared/human-task-ui.ts";
import { type Noun, type Parts, toSeconds } from "../shared/noun.ts";
import { templateUrl } from "./door.ts";
import { renderUiTemplate } from "./render.ts";

export function humanTaskUi(parts: Parts): Noun {
  const records = humanTaskUiRecords(parts);
  return {
    operations: {
      CreateHumanTaskUi: {
        permissions: ({ HumanTaskUiName }, call) => [records.on(call, HumanTaskUiName)],
        run: async ({ HumanTaskUiName, UiTemplate: { Content }, Tags }, call) => {
          const ContentSha256 = createHash("sha256").update(Content).digest("hex");
          const record = { name: HumanTaskUiName, status: "Active", document: { Content, ContentSha256, id: newId() } };
          return { HumanTaskUiArn: await records.create(call, { ...record, tags: Tags }) };
        },
      },
      DescribeHumanTaskUi: {
        permissions: ({ HumanTaskUiName }, call) => [records.on(call, HumanTaskUiName)],
        run: async ({ HumanTaskUiName }, call) => {
          const row = await records.need(call, HumanTaskUiName);
          return {
            HumanTaskUiArn: records.arn(call, row.name),
            HumanTaskUiName: row.name,
            HumanTaskUiStatus: "Active",
            CreationTime: toSeconds(row.createdAt),
            UiTemplate: { Url: templateUrl(call.origin, row), ContentSha256: row.document.ContentSha256 },
          };
        },
      },
      RenderUiTemplate: {
        run: (input, call) => renderUiTemplate(parts, input, call),
      },
      DeleteHumanTaskUi: {
        permissions: ({ HumanTaskUiName }, call) => [records.on(call, HumanTaskUiName)],
        run: async ({ HumanTaskUiName }, call) => {
          await records.remove(call, HumanTaskUiName);
          return {};
        },
      },
      ListHumanTaskUis: {
        run: async (input, call) => {
          const { rows, ...more } = await records.list(call, input);
          return {
            HumanTaskUiSummaries: rows.map(({ name, createdAt }) => ({
              HumanTaskUiName: name,
              HumanTaskUiArn: records.arn(call, name),
              CreationTime: toSeconds(createdAt),
            })),
            ...more,
          };
        },
      },
    },
  };
}
