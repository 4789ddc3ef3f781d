// Metrics of invocations as AWS names them, summed up in memory and stored once a second, off the hot path.
import type { Clock } from "../../core/clock.ts";
import { SampleSet } from "../../engine/sample-set.ts";
import type { MetricPoint, Series } from "../../store/series/series.ts";

const NAMESPACE = "AWS/SageMaker";
const MINUTE_MS = 60_000;
/** What a crash may lose. */
const FLUSH_MS = 1_000;

export interface Invocation {
  readonly account: string;
  readonly region: string;
  readonly endpointName: string;
  readonly variantName: string;
  /** Instances that shared the work. */
  readonly instances: number;
  /** The container's status; 0 when it gave none. */
  readonly status: number;
  readonly modelMicroseconds: number;
  readonly overheadMicroseconds: number;
}

interface Counted {
  readonly of: Invocation;
  readonly minute: number;
  readonly metrics: Map<string, SampleSet>;
}

export class InvocationMetrics {
  readonly #series: Series;
  readonly #clock: Clock;
  readonly #failed: (cause: unknown) => void;
  #counted = new Map<string, Counted>();
  #timer: NodeJS.Timeout | undefined;
  #storing: Promise<void> = Promise.resolve();

  /** `failed` is told when points could not be stored. */
  constructor(series: Series, clock: Clock, failed: (cause: unknown) => void) {
    this.#series = series;
    this.#clock = clock;
    this.#failed = failed;
  }

  record(invocation: Invocation): void {
    const { account, region, endpointName, variantName, status, instances } = invocation;
    const minute = Math.floor(this.#clock.now() / MINUTE_MS) * MINUTE_MS;
    const key = `${account}/${region}/${endpointName}/${variantName}/${minute}`;
    let counted = this.#counted.get(key);
    if (!counted) {
      counted = { of: invocation, minute, metrics: new Map() };
      this.#counted.set(key, counted);
    }
    const { metrics } = counted;
    add(metrics, "Invocations", 1);
    add(metrics, "InvocationsPerInstance", 1 / instances);
    add(metrics, "Invocation4XXErrors", status >= 400 && status < 500 ? 1 : 0);
    add(metrics, "Invocation5XXErrors", status >= 500 ? 1 : 0);
    add(metrics, "InvocationModelErrors", status >= 200 && status < 300 ? 0 : 1);
    add(metrics, "ModelLatency", invocation.modelMicroseconds);
    add(metrics, "OverheadLatency", invocation.overheadMicroseconds);
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  async close(): Promise<void> {
    this.#flush();
    await this.#storing;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const points = [...this.#counted.values()].flatMap(pointsOf);
    this.#counted = new Map();
    if (points.length === 0) return;
    this.#storing = this.#storing.then(() => this.#series.putMetrics(points, { sync: false })).catch(this.#failed);
  }
}

function add(metrics: Map<string, SampleSet>, name: string, value: number): void {
  let samples = metrics.get(name);
  if (!samples) {
    samples = new SampleSet();
    metrics.set(name, samples);
  }
  samples.add(value);
}

const pointsOf = ({ of, minute, metrics }: Counted): readonly MetricPoint[] =>
  [...metrics].map(([name, { value }]) => ({
    account: of.account,
    region: of.region,
    namespace: NAMESPACE,
    name,
    dimensions: { EndpointName: of.endpointName, VariantName: of.variantName },
    timestamp: minute,
    value,
    unit: name.endsWith("Latency") ? "Microseconds" : "None",
  }));
