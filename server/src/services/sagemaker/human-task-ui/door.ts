// The address of a worker task template: whoever has it reads the template, unsigned, as with AWS's presigned address.
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "../../../core/log.ts";
import type { Row, Rows } from "../../../store/rows/rows.ts";
import { type HumanTaskUiDocument, humanTaskUiKind } from "../shared/human-task-ui.ts";

/** No bucket is called so: S3 has no underscores in the first place of a name. */
const FOLDER = "_human-task-ui";

const pattern = new RegExp(`^/${FOLDER}/(\\d{12})/([a-z0-9-]+)/([a-z0-9-]+)/([0-9a-v]{26})$`);

/** `http://127.0.0.1:8000/_human-task-ui/123456789012/us-east-1/moderation/7a1…`; whoever knows it may read. */
export const templateUrl = (origin: string, { scope, name, document }: Row<HumanTaskUiDocument>): string =>
  `${origin}/${FOLDER}/${scope}/${name}/${document.id}`;

export interface TemplateDoor {
  /** Whether the request is for a template, by its path. */
  isMeant(request: IncomingMessage): boolean;
  /** Answers it. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export const openTemplateDoor = (rows: Rows, log: Log): TemplateDoor => ({
  isMeant: ({ method, url = "" }) => (method === "GET" || method === "HEAD") && pattern.test(url),
  async handle(request, response) {
    try {
      const [, account, region, name = "", id = ""] = pattern.exec(request.url ?? "") ?? [];
      const key = { kind: humanTaskUiKind, scope: `${account}/${region}`, name };
      answer(request, response, (await rows.get<HumanTaskUiDocument>(key))?.document, id);
    } catch (cause) {
      log.error("A template could not be read.", { cause });
      response.writeHead(503).end();
    }
  },
});

/** As plain text in a sandbox, so that a browser that opens a template runs none of it under this server's name. */
function answer(
  { method }: IncomingMessage,
  response: ServerResponse,
  document: HumanTaskUiDocument | undefined,
  id: string,
): void {
  const isThere = document !== undefined && timingSafeEqual(Buffer.from(document.id), Buffer.from(id));
  const body = Buffer.from(isThere ? document.Content : "There is no such template.\n");
  response.writeHead(isThere ? 200 : 404, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": body.length,
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
  });
  response.end(method === "HEAD" ? undefined : body);
}
