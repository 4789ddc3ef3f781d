// Series: log lines and metric points, in segment files with retention.

export interface LogStreamKey {
  readonly account: string;
  readonly region: string;
  readonly group: string;
  readonly stream: string;
}

export interface LogEvent {
  /** Milliseconds since 1970, as the writer gave it. */
  readonly timestamp: number;
  readonly message: string;
}

export interface StoredLogEvent extends LogEvent {
  readonly ingestedAt: number;
  /** Position in its stream: 0, 1, 2 … in the order written. */
  readonly sequence: number;
}

/** Which lines of a stream are read. */
export interface LogRange {
  readonly backwards?: boolean;
  readonly limit: number;
  /** No line is taken once those found have so many bytes of text; a line is always found. */
  readonly limitBytes?: number;
  /** Inclusive start, exclusive end; milliseconds since 1970. */
  readonly startTime?: number;
  readonly endTime?: number;
}

/** Between two lines of a stream; milliseconds since 1970 and a position. */
export interface LogPlace {
  readonly at: number;
  readonly sequence: number;
}

export interface StreamPage {
  /** The last stream of the page before. */
  readonly after?: { readonly stream: string; readonly lastEventAt?: number | undefined } | undefined;
  readonly limit: number;
  /** By the time of the last line, then by name; else by name. */
  readonly byLastEvent?: boolean;
  readonly descending?: boolean;
}

export interface LogStreamFacts {
  readonly stream: string;
  readonly createdAt: number;
  readonly firstEventAt?: number;
  readonly lastEventAt?: number;
  readonly lastIngestionAt?: number;
  readonly storedBytes: number;
  readonly events: number;
}

export interface LogGroupFacts {
  readonly group: string;
  /** When its first stream was made; milliseconds since 1970. */
  readonly createdAt: number;
}

export interface MetricPoint {
  readonly account: string;
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** One sample, or a set of samples already summed up. */
  readonly value:
    | number
    | { readonly count: number; readonly sum: number; readonly minimum: number; readonly maximum: number };
  readonly unit?: string;
}

export interface MetricKey {
  readonly account: string;
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** A metric that has points. */
export interface KnownMetric extends MetricKey {
  /** Time of its latest point; milliseconds since 1970. */
  readonly lastAt: number;
  /** Metrics of an account and region are listed in the order of this text. */
  readonly order: string;
}

export interface Series {
  /**
   * Adds lines to a stream, making it if needed. With `source`, lines of one source are taken once: the append is
   * ignored when `offset` is not beyond the last one recorded, which is stored with the lines in one write.
   * Resolves after the sync when `sync` is set, else when the system has the lines: a power cut may take them then.
   */
  appendLogs(
    key: LogStreamKey,
    events: readonly LogEvent[],
    options: { readonly sync: boolean; readonly source?: { readonly id: string; readonly offset: number } },
  ): Promise<void>;
  /** Last offset recorded for a source, 0 if none: where reading the source has to go on after a restart. */
  logOffset(key: LogStreamKey, sourceId: string): Promise<number>;
  /**
   * Lines by position, at most `limit`: from `from` upwards, or downwards when `backwards`, in the order walked.
   * `Infinity` with `backwards` begins at the newest line.
   */
  readLogs(key: LogStreamKey, range: LogRange & { readonly from: number }): Promise<readonly StoredLogEvent[]>;
  /**
   * Lines by time, those of one time in the order written: from a place on, or those before it when `backwards`,
   * in the order walked. What is written later with an earlier time stands where its time says.
   */
  readLogsInOrder(
    key: LogStreamKey,
    range: LogRange & {
      /** The beginning, or the end when `backwards`, where it is absent. */
      readonly from?: LogPlace | undefined;
    },
  ): Promise<readonly StoredLogEvent[]>;
  createLogStream(key: LogStreamKey): Promise<void>;
  deleteLogStream(key: LogStreamKey): Promise<void>;
  /** Whether the stream has been made. */
  hasLogStream(key: LogStreamKey): Promise<boolean>;
  /** Streams of a group whose name starts with the prefix, by name; with `page` so many, in its order. */
  logStreams(
    group: Omit<LogStreamKey, "stream">,
    prefix: string,
    page?: StreamPage,
  ): Promise<readonly LogStreamFacts[]>;
  /** Drops what is older, as far as whole segments are (a day's lines each). For retention; milliseconds since 1970. */
  expireLogs(group: Omit<LogStreamKey, "stream">, before: number): Promise<void>;
  putMetrics(points: readonly MetricPoint[], options: { readonly sync: boolean }): Promise<void>;
  /** Points of exactly this metric and these dimensions with start <= timestamp < end. */
  readMetrics(key: MetricKey, start: number, end: number): Promise<readonly MetricPoint[]>;
  /** Metrics known in an account and region, by their `order`, narrowed by namespace, name and time of the latest point. */
  listMetrics(filter: {
    readonly account: string;
    readonly region: string;
    readonly namespace?: string | undefined;
    readonly name?: string | undefined;
    readonly activeSince?: number | undefined;
  }): Promise<readonly KnownMetric[]>;
  /** Groups whose name starts with the prefix and that have streams, by name: jobs write to groups nobody made. */
  logGroups(
    place: { readonly account: string; readonly region: string },
    prefix: string,
  ): Promise<readonly LogGroupFacts[]>;
  /** Bytes that the group's lines take on the disk, as they were at most a minute ago. */
  logGroupBytes(group: Omit<LogStreamKey, "stream">): Promise<number>;
  close(): Promise<void>;
}
