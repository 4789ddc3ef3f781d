// InvokeEndpoint, top to bottom: find, choose, ask the container over a kept connection, give its answer back.
// Headers, limits and error texts: API reference, InvokeEndpoint; container contract of hosting.
import { Transform } from "node:stream";
import type { InvokeEndpointInput, InvokeEndpointOutput } from "../../../../contract/sagemaker-runtime/types.ts";
import type { Call } from "../../core/call.ts";
import { errors } from "../../core/errors.ts";
import type { EndpointDirectory, EndpointRoute, InstanceRoute, VariantRoute } from "../../core/ports.ts";
import { ContainerClient } from "../../engine/container-client.ts";
import { type ContainerAnswer, ContainerUnreachable } from "../../engine/container-exchange.ts";
import { chooseInstance, chooseVariant } from "./choose.ts";
import type { InvocationMetrics } from "./metrics.ts";
import { modelError } from "./model-error.ts";

/** Requests one instance has under way at most; more wait in line. */
const CONNECTIONS = 128;
/** Answers of a known length up to this one are given back in one piece; larger ones stream. */
const WHOLE_ANSWER_BYTES = 256 * 1024;
/** Of an error's body; only its beginning is told. */
const ERROR_BODY_BYTES = 16 * 1024;

const CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes";

export interface InvokeParts {
  readonly endpoints: EndpointDirectory;
  readonly metrics: Pick<InvocationMetrics, "record">;
  readonly random: () => number;
  readonly bodyLimitBytes: number;
  /** For the container's whole answer. */
  readonly answerTimeoutMs: number;
}

export function createInvoke(parts: InvokeParts) {
  const { endpoints, metrics, random, bodyLimitBytes, answerTimeoutMs } = parts;
  const clients = new WeakMap<InstanceRoute, ContainerClient>();
  /** Connections live as long as the instance is known to the directory. */
  const clientOf = (instance: InstanceRoute): ContainerClient => {
    const known = clients.get(instance);
    if (known) return known;
    const client = new ContainerClient(instance.dial, CONNECTIONS);
    clients.set(instance, client);
    return client;
  };

  return async (input: InvokeEndpointInput, call: Call): Promise<InvokeEndpointOutput> => {
    const route = endpoints.find(call.account, call.region, input.EndpointName);
    if (!route) throw errors.validation(`Endpoint ${input.EndpointName} of account ${call.account} not found.`);
    if (input.TargetModel !== undefined)
      throw errors.validation(
        `TargetModel is only for multi-model endpoints; endpoint ${input.EndpointName} has one model a variant.`,
      );
    const variant = chooseVariant(route, input.TargetVariant, random);
    const instance = chooseInstance(variant, random);
    const invocation = new UnderWay(route, variant, instance, call, metrics);
    try {
      const answer = await clientOf(instance).request({
        method: "POST",
        path: "/invocations",
        headers: headersIn(input),
        body: Buffer.from(input.Body.buffer, input.Body.byteOffset, input.Body.byteLength),
        timeoutMs: answerTimeoutMs,
        signal: call.signal,
      });
      if (answer.status < 200 || answer.status >= 300)
        throw invocation.failed(answer.status, (await answer.start(ERROR_BODY_BYTES)).toString("utf8"));
      return await invocation.answered(answer, bodyLimitBytes);
    } catch (cause) {
      if (cause instanceof ContainerUnreachable) throw invocation.failed(0, sentence(cause.message));
      invocation.end(0);
      throw cause;
    }
  };
}

/** One request that an instance works on: counted from the choice to the last byte, and measured once. */
class UnderWay {
  readonly #route: EndpointRoute;
  readonly #variant: VariantRoute;
  readonly #instance: InstanceRoute;
  readonly #call: Call;
  readonly #metrics: InvokeParts["metrics"];
  readonly #over: () => void;
  readonly #startedAt = performance.now();
  /** From the call to here; both by the clock, since a call has no other time. */
  readonly #overheadMs: number;
  #isOver = false;

  constructor(
    route: EndpointRoute,
    variant: VariantRoute,
    instance: InstanceRoute,
    call: Call,
    metrics: InvokeParts["metrics"],
  ) {
    this.#route = route;
    this.#variant = variant;
    this.#instance = instance;
    this.#call = call;
    this.#metrics = metrics;
    this.#over = instance.begin();
    this.#overheadMs = Math.max(0, Date.now() - call.at);
  }

  /** `status`: the container's, 0 when it gave none. Only the first call counts. */
  end(status: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over();
    // A caller who left says nothing about the model.
    if (this.#call.signal.aborted && status === 0) return;
    const now = performance.now();
    const { account, region } = this.#call;
    this.#metrics.record({
      account,
      region,
      endpointName: this.#route.endpointName,
      variantName: this.#variant.name,
      instances: this.#variant.instances.length,
      status,
      modelMicroseconds: Math.round((now - this.#startedAt) * 1000),
      overheadMicroseconds: this.#overheadMs * 1000,
    });
  }

  failed(status: number, message: string) {
    this.end(status);
    const { account, region } = this.#call;
    const { endpointName } = this.#route;
    return modelError({ account, region, endpointName, logStream: this.#instance.logStream }, status, message);
  }

  /** @throws ApiError ModelError when the answer is too large */
  async answered(answer: ContainerAnswer, limitBytes: number): Promise<InvokeEndpointOutput> {
    const length = lengthOf(answer);
    if (length !== undefined && length > limitBytes) {
      answer.destroy();
      throw this.failed(0, tooLarge(limitBytes, `has ${length}`));
    }
    const Body =
      length !== undefined && length <= WHOLE_ANSWER_BYTES
        ? await this.#whole(answer)
        : this.#streamed(answer, limitBytes);
    const [ContentType, CustomAttributes] = ["content-type", CUSTOM_ATTRIBUTES].map((name) => one(answer, name));
    return {
      Body,
      InvokedProductionVariant: this.#variant.name,
      ...(ContentType === undefined ? {} : { ContentType }),
      ...(CustomAttributes === undefined ? {} : { CustomAttributes }),
    };
  }

  async #whole(answer: ContainerAnswer): Promise<Buffer> {
    const body = await answer.start(Number.POSITIVE_INFINITY);
    this.end(answer.status);
    return body;
  }

  /** The wire streams what is readable; the model knows only bytes. */
  #streamed(answer: ContainerAnswer, limitBytes: number): Uint8Array {
    const body = answer.stream();
    const capped = new Cap(limitBytes);
    body.once("error", (cause) => capped.destroy(cause));
    capped.once("close", () => {
      this.end(capped.readableEnded ? answer.status : 0);
      body.destroy();
    });
    return body.pipe(capped) as unknown as Uint8Array;
  }
}

/** Fails when more bytes pass than the answer may have. */
class Cap extends Transform {
  readonly #limitBytes: number;
  #size = 0;

  constructor(limitBytes: number) {
    super();
    this.#limitBytes = limitBytes;
  }

  override _transform(
    part: Buffer,
    _encoding: BufferEncoding,
    done: (cause: Error | null, part?: Buffer) => void,
  ): void {
    this.#size += part.length;
    if (this.#size > this.#limitBytes) done(new Error(tooLarge(this.#limitBytes, "is longer")));
    else done(null, part);
  }
}

const tooLarge = (limitBytes: number, got: string): string =>
  `The model's answer may have at most ${limitBytes} bytes, it ${got}.`;

/** Only what InvokeEndpoint documents reaches the container. */
function headersIn(input: InvokeEndpointInput): Record<string, string> {
  const headers: Record<string, string> = {};
  if (input.ContentType !== undefined) headers["content-type"] = input.ContentType;
  if (input.Accept !== undefined) headers["accept"] = input.Accept;
  if (input.CustomAttributes !== undefined) headers[CUSTOM_ATTRIBUTES] = input.CustomAttributes;
  return headers;
}

function one({ headers }: ContainerAnswer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
}

function lengthOf(answer: ContainerAnswer): number | undefined {
  const length = one(answer, "content-length");
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

/** Why a container gave no answer, as a sentence about the model. */
const sentence = (reason: string): string => `The model did not answer: ${reason}.`;
