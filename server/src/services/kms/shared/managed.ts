// Keys that AWS manages: one for each service, by the alias alias/aws/SERVICE. Their policy lets everybody of the account use
// them through that service, and nobody change them. KMS developer guide, "AWS managed keys" and "Viewing a key policy".

interface Place {
  readonly account: string;
  readonly region: string;
}

/** Services whose keys something here can ask for; their host names begin so too. */
const SERVICES: ReadonlySet<string> = new Set(["ecr", "s3", "sagemaker", "secretsmanager", "sns"]);

const PREFIX = "alias/aws/";

/** `s3` of `alias/aws/s3`; undefined for what is no alias of such a key. */
export function managedService(alias: string): string | undefined {
  const service = alias.startsWith(PREFIX) ? alias.slice(PREFIX.length) : "";
  return SERVICES.has(service) ? service : undefined;
}

/** What tells such a key from one of the account's own. */
export const managedFace = (place: Place, service: string) => ({
  description: `Default key that protects my ${service.toUpperCase()} data when no other key is defined`,
  policy: JSON.stringify(policyOf(place, service), undefined, 2),
  managedFor: service,
});

const policyOf = ({ account, region }: Place, service: string) => ({
  Version: "2012-10-17",
  Id: `auto-${service}-2`,
  Statement: [
    {
      Sid: `Allow access through ${service} for all principals in the account that are authorized to use it`,
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: [
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ReEncrypt*",
        "kms:GenerateDataKey*",
        "kms:CreateGrant",
        "kms:DescribeKey",
      ],
      Resource: "*",
      Condition: {
        StringEquals: {
          "kms:CallerAccount": account,
          "kms:ViaService": `${service}.${region}.amazonaws.com`,
        },
      },
    },
    {
      Sid: "Allow direct access to key metadata to the account",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: ["kms:Describe*", "kms:Get*", "kms:List*"],
      Resource: "*",
    },
  ],
});
