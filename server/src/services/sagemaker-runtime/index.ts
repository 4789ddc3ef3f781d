// SageMaker Runtime: the door that inference comes through. One operation, the hot path.
import type { Operations as Contract } from "../../../../contract/sagemaker-runtime/types.ts";
import type { Call } from "../../core/call.ts";
import type { Clock } from "../../core/clock.ts";
import { sagemakerArn } from "../../core/ids.ts";
import type { Log } from "../../core/log.ts";
import type { EndpointDirectory } from "../../core/ports.ts";
import type { Operations, Service } from "../../core/service.ts";
import type { Series } from "../../store/series/series.ts";
import { createInvoke } from "./invoke.ts";
import { InvocationMetrics } from "./metrics.ts";

export interface RuntimeParts {
  readonly endpoints: EndpointDirectory;
  /** Tags of an endpoint by its ARN, for policies that ask for them. */
  readonly tagsOf: (call: Call, arn: string) => Promise<Readonly<Record<string, string>>>;
  readonly series: Series;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1); decides which variant and instance answer. */
  readonly random: () => number;
}

export interface Runtime {
  readonly service: Service;
  /** Stores what has been counted. */
  close(): Promise<void>;
}

/** Largest body of a request and of an answer (API reference, InvokeEndpoint). */
const BODY_LIMIT_BYTES = 6_291_456;
/** For a container's whole answer (container contract of hosting). */
const ANSWER_TIMEOUT_MS = 60_000;

export function createRuntime({ endpoints, tagsOf, series, clock, log, random }: RuntimeParts): Runtime {
  const metrics = new InvocationMetrics(series, clock, (cause) =>
    log.error("Metrics of invocations could not be stored.", { cause }),
  );
  const operations: Operations<Contract> = {
    InvokeEndpoint: {
      bodyLimitBytes: BODY_LIMIT_BYTES,
      permissions: ({ EndpointName, TargetModel }, call: Call) => {
        const resource = sagemakerArn(call, "endpoint", EndpointName);
        return [
          {
            action: "sagemaker:InvokeEndpoint",
            resource,
            ...(TargetModel === undefined ? {} : { conditions: { "sagemaker:TargetModel": TargetModel } }),
            resourceTags: () => tagsOf(call, resource),
          },
        ];
      },
      run: createInvoke({
        endpoints,
        metrics,
        random,
        bodyLimitBytes: BODY_LIMIT_BYTES,
        answerTimeoutMs: ANSWER_TIMEOUT_MS,
      }),
    },
  };
  return {
    service: {
      name: "sagemaker-runtime",
      iamPrefix: "sagemaker",
      operations,
      errorCodes: { ValidationException: { code: "ValidationError", status: 400 } },
    },
    close: () => metrics.close(),
  };
}
