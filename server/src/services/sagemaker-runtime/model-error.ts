// ModelError: what went wrong between us and the container, with the status and the words of the container.
import { ApiError } from "../../core/errors.ts";

/** Characters of Message and OriginalMessage (service model). */
const MESSAGE_CHARACTERS = 2048;

export interface Source {
  readonly account: string;
  readonly region: string;
  readonly endpointName: string;
  readonly logStream: string;
}

/** `status`: the container's, 0 when it gave none. */
export function modelError(source: Source, status: number, message: string): ApiError {
  const { account, region, endpointName, logStream } = source;
  const group = `/aws/sagemaker/Endpoints/${endpointName}`;
  const whose = status >= 400 && status < 500 ? "client" : "server";
  const where = `See the log group ${group}, stream ${logStream}, in account ${account} for more information.`;
  const shown = message.slice(0, MESSAGE_CHARACTERS);
  const room = MESSAGE_CHARACTERS - where.length - 60;
  const text = `Received ${whose} error (${status}) from model with message "${shown.slice(0, Math.max(0, room))}". ${where}`;
  return new ApiError("ModelError", 424, text.slice(0, MESSAGE_CHARACTERS), {
    fields: {
      OriginalStatusCode: status,
      OriginalMessage: shown,
      LogStreamArn: `arn:aws:logs:${region}:${account}:log-group:${group}:log-stream:${logStream}`,
    },
  });
}
