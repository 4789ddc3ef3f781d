// What a service gives to the wire: its name in the contract and a table of operations keyed by wire names.
import type { Call, Permission } from "./call.ts";

export interface Operation<Input, Output> {
  /** Does it. The input is validated; the caller holds every permission of `permissions`. */
  readonly run: (input: Input, call: Call) => Output | Promise<Output>;
  /** What the caller needs. Default: `<iam prefix>:<operation>` on `*`. */
  readonly permissions?: (input: Input, call: Call) => readonly Permission[] | Promise<readonly Permission[]>;
  /**
   * Members newer than September 2020 that this operation honours or keeps, as dotted paths (`Environment`,
   * `ProductionVariants.ServerlessConfig`). The wire refuses any other newer member by name.
   */
  readonly newer?: readonly string[];
  /** Of a call that nobody signed: the account whose call log has it. */
  readonly accountOf?: (input: Input) => Promise<string>;
  /** HTTP status of an answer when it depends on the answer: 206 for a part of an object. Default: the model's. */
  readonly status?: (output: Output) => number | undefined;
  /** Largest request body in bytes; default the wire's. Streaming members have no such limit. */
  readonly bodyLimitBytes?: number;
}

/** Every operation of a contract, or those of one noun. */
export type Operations<Contract> = {
  readonly [Name in keyof Contract]?: Contract[Name] extends { input: infer Input; output: infer Output }
    ? Operation<Input, Output>
    : never;
};

/** An operation whose input and output types have been checked where its table was written. */
// biome-ignore lint/suspicious/noExplicitAny: a table holds operations of every input type; Operations<> checks each
export type AnyOperation = Operation<any, any>;

/** The thing that somebody who runs the server names. */
export interface ControlTarget {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

/** By name; each gives a sentence for whoever asked. @throws ApiError with the reason why it cannot be done */
export type Controls = Readonly<Record<string, (target: ControlTarget) => Promise<string>>>;

export interface ErrorWording {
  readonly code: string;
  readonly status: number;
  /** Where the service has another text too. */
  readonly reword?: (message: string) => string;
}

export interface Service {
  /** Folder in contract/, `sagemaker`. */
  readonly name: string;
  /** Prefix of its IAM actions, `sagemaker` for all three SageMaker services. */
  readonly iamPrefix: string;
  readonly operations: Readonly<Record<string, AnyOperation>>;
  /** Its operations check the constraints of the model themselves, in their own words: S3 has an error code for each. */
  readonly validatesItself?: true;
  /** Turns our general errors into this service's codes, `AccessDeniedException` into S3's `AccessDenied`. */
  readonly errorCodes?: Readonly<Record<string, ErrorWording>>;
}
