// Which host names belong to AWS, and which of those the services that run here answer. Names: the endpoint prefixes of
// the service models; "Amazon S3 endpoints" and "Virtual hosting of buckets" for S3.
import { loadService } from "../../../../contract/model.ts";

export interface AwsNames {
  /** Whether we answer the name ourselves. */
  isServed(name: string): boolean;
}

/** RFC 1035, 2.3.4. */
const LONGEST_NAME = 253;

/** Everything below these is Amazon's, the addresses that client libraries report their use to among it. */
const amazonDomains = [
  "amazonaws.com",
  "amazonaws.com.cn",
  "amazonaws.eu",
  "aws",
  "aws.amazon.com",
  "aws.dev",
  "awsstatic.com",
  "amazonwebservices.com",
  "amazonwebservices.com.cn",
];

export const isAmazon = (name: string): boolean =>
  amazonDomains.some((domain) => name === domain || name.endsWith(`.${domain}`));

/** `name` as certificates and tables have it; undefined for what is no host name. An address stays what it is. */
export function readName(name: string): string | undefined {
  const plain = name.toLowerCase().replace(/\.$/, "");
  return plain.length <= LONGEST_NAME && /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/.test(plain) && !plain.includes("..")
    ? plain
    : undefined;
}

/**
 * S3: `s3`, `s3-us-west-2`, `s3-fips`, `s3-accelerate` and `s3.dualstack`, with a bucket in front that may hold dots.
 * S3 Control, Outposts, S3 Express and website endpoints have other labels and are not served.
 */
const s3Name =
  /^(?:[a-z0-9][a-z0-9._-]*\.)?s3(?:-fips|-accelerate|-external-1|-[a-z]{2}(?:-[a-z]+)+-\d)?(?:\.dualstack)?(?:\.[a-z0-9-]+)?$/;

/** The registry of an account, which docker and podman push to. Amazon ECR user guide, "Private registries". */
const registryName = /^\d{12}\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+$/;

/** Names of the services given by their folder in contract/. Models are read when the first name is asked about. */
export function createAwsNames(services: readonly string[]): AwsNames {
  let patterns: readonly RegExp[] | undefined;
  return {
    isServed(name) {
      const [, front] = /^(.+)\.amazonaws\.com(?:\.cn)?$/.exec(name) ?? [];
      if (front === undefined || name.length > LONGEST_NAME) return false;
      patterns ??= services.flatMap((service) => {
        if (service === "s3") return [s3Name];
        return service === "ecr" ? [registryName, ...patternsOf(service)] : patternsOf(service);
      });
      return patterns.some((pattern) => pattern.test(front));
    },
  };
}

/** `runtime.sagemaker` gives `runtime.sagemaker.us-east-1`, `runtime-fips.sagemaker.us-east-1` and the global name. */
function patternsOf(service: string): readonly RegExp[] {
  const { endpointPrefix, signingName } = loadService(service);
  return [...new Set([endpointPrefix, signingName])].map((prefix) => {
    const [first = "", ...rest] = prefix.split(".");
    const tail = rest.map((label) => `\\.${label}`).join("");
    return new RegExp(`^${first}(?:-fips)?${tail}(?:\\.[a-z0-9-]+)?$`);
  });
}
