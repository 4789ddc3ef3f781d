// Hears of new entries in the change log, from whichever server wrote them.
import pg from "pg";

export const CHANNEL = "sagebrush_changes";
const RETRY_MS = 1000;

/** Calls `heard` after commits with events, and after a lost connection is back, since some may have been missed. */
export async function listen(
  settings: pg.ClientConfig,
  heard: () => void,
  report: (error: unknown) => void,
): Promise<() => Promise<void>> {
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;
  const connect = async () => {
    const next = new pg.Client(settings);
    next.on("notification", heard);
    next.on("error", report);
    await next.connect();
    await next.query(`listen ${CHANNEL}`);
    next.on("end", again);
    client = next;
  };
  const again = () => {
    if (isClosed) return;
    const reconnect = () =>
      connect().then(heard, (error) => {
        report(error);
        again();
      });
    retry = setTimeout(() => void reconnect(), RETRY_MS);
  };
  await connect();
  return async () => {
    isClosed = true;
    clearTimeout(retry);
    await client?.end();
  };
}
