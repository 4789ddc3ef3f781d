// RenderUiTemplate: a template with the data of one task, as a worker would see it, objects readable under the role given.
import type { RenderUiTemplateRequest } from "../../../../../contract/sagemaker/types.ts";
import type { Call } from "../../../core/call.ts";
import { errors } from "../../../core/errors.ts";
import type { ObjectReference } from "../../../core/ports.ts";
import { humanTaskUiRecords } from "../shared/human-task-ui.ts";
import type { Parts } from "../shared/noun.ts";
import { parseS3Uri } from "../shared/s3-uri.ts";
import type { Rendered } from "./liquid.ts";

/** How long addresses of objects hold, in seconds: the shortest life of a role's session. */
const READ_SECONDS = 900;

/** @throws ApiError Validation for data that is not JSON and for a role that does not trust SageMaker, ResourceNotFound */
export async function renderUiTemplate(parts: Parts, input: RenderUiTemplateRequest, call: Call): Promise<Rendered> {
  const { UiTemplate, HumanTaskUiArn, Task, RoleArn } = input;
  if ((UiTemplate === undefined) === (HumanTaskUiArn === undefined))
    throw errors.validation(`Expected either UiTemplate or HumanTaskUiArn, got ${UiTemplate ? "both" : "neither"}.`);
  const template = UiTemplate?.Content ?? (await contentOf(parts, call, HumanTaskUiArn ?? ""));
  const session = await parts.roles.assume({
    roleArn: RoleArn,
    sessionName: "SageMaker",
    servicePrincipal: "sagemaker.amazonaws.com",
    durationSeconds: READ_SECONDS,
  });
  const place = { origin: originOf(call), region: call.region, now: parts.clock.now(), seconds: READ_SECONDS };
  const grantReadAccess = (uri: string) => parts.objects.address(session, objectOf(uri), place);
  // The library is loaded with the first template: 10 MB.
  const { renderTemplate } = await import("./liquid.ts");
  return await renderTemplate({ template, input: parse(Task.Input), grantReadAccess });
}

const contentOf = async (parts: Parts, call: Call, arn: string): Promise<string> =>
  (await humanTaskUiRecords(parts).need(call, arn)).document.Content;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw errors.validation(`Task.Input: expected JSON, got text that is not: ${(cause as Error).message}`);
  }
}

/** Under SageMaker's own name only SageMaker is asked; S3 has another. */
function originOf({ origin, region }: Call): string {
  const isName = /\.amazonaws\.com$/.test(new URL(origin).hostname);
  return isName ? origin.replace(/\/\/.*$/, `//s3.${region}.amazonaws.com`) : origin;
}

/**
 * s3://bucket/key, and the two forms that templates write (guide, "Create Custom Worker Templates"). The address goes into
 * the page as it is, and the data of a task may have written it: a bucket is only what can be one, and hosts have bounds,
 * without which a long one would take seconds to be no match.
 */
function objectOf(uri: string): ObjectReference {
  const place = parseS3Uri(
    uri
      .replace(/^https?:\/\/s3[^/]{0,60}\.amazonaws\.com\//, "s3://")
      .replace(/^https?:\/\/([^/]{3,63})\.s3[^/]{0,60}\.amazonaws\.com\//, "s3://$1/"),
  );
  if (!place?.key)
    throw new Error(
      `grant_read_access: expected s3://bucket/key or https://s3.amazonaws.com/bucket/key, got "${uri}".`,
    );
  return place;
}
