// What an image says of itself as a built-in algorithm: images/<name>/algorithm.json, the table its Python reads too.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { imageFolderName } from "./catalogue.ts";
import { imagesFolder } from "./folders.ts";

export interface AlgorithmMetric {
  readonly name: string;
  readonly direction: "Maximize" | "Minimize";
  /** Regular expression; its first group is the value in a log line. */
  readonly regex: string;
}

export interface AlgorithmHyperparameter {
  readonly name: string;
  readonly type?: "int" | "float" | "bool" | "string" | "categorical" | "list" | "tuple" | "json";
  readonly description: string;
  readonly required?: boolean;
  readonly default?: string | number | boolean;
  readonly min?: number;
  readonly max?: number;
  readonly exclusiveMin?: boolean;
  readonly exclusiveMax?: boolean;
  readonly values?: readonly (string | number)[];
  readonly itemValues?: readonly (string | number)[];
  /** Another name for the hyperparameter named here. */
  readonly aliasOf?: string;
}

export interface AlgorithmChannel {
  readonly name: string;
  readonly required: boolean;
  readonly contentTypes: readonly string[];
  readonly distribution: readonly string[];
  readonly inputModes: readonly string[];
}

export interface Algorithm {
  readonly name: string;
  readonly displayName: string;
  readonly task: string;
  readonly hyperparameters: readonly AlgorithmHyperparameter[];
  readonly channels: readonly AlgorithmChannel[];
  readonly metrics: readonly AlgorithmMetric[];
  readonly tunable: readonly { readonly name: string; readonly type: "Continuous" | "Integer" | "Categorical" }[];
  readonly inference: {
    readonly requestContentTypes: readonly string[];
    readonly responseContentTypes: readonly string[];
  };
}

/** The built-in algorithm an image URI stands for; undefined if the image is none. @throws ImageUnavailable */
export function algorithmOf(uri: string): Algorithm | undefined {
  const file = join(imagesFolder, imageFolderName(uri), "algorithm.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Algorithm) : undefined;
}
