// The server's own log: one JSON object a line on standard error. Jobs' output is not here; it is in store/series.

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Writes lines at `level` and above. Errors among the fields are written with name, message, stack and cause. */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  const lowest = levels.indexOf(level);
  const at =
    (name: LogLevel) =>
    (message: string, fields: object = {}) => {
      if (levels.indexOf(name) < lowest) return;
      write(`${JSON.stringify({ time: new Date().toISOString(), level: name, message, ...fields }, plain)}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function plain(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, ...(cause === undefined ? {} : { cause }) };
}
