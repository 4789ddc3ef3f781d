// Boundaries, session policies, policies of resources, trust, keys: which of them have to allow.
import { NOBODY, type Principal } from "../../../core/call.ts";
import { canonicalId } from "../../../core/ids.ts";
import { ACCOUNT, ANN, allow, ann, decideCases, deny, root, service, session } from "./evaluation-cases.ts";

decideCases({
  "a boundary that does not allow limits": {
    identity: allow(),
    boundary: allow({ Action: "ec2:*" }),
    gives: "implicitDeny",
  },
  "a boundary grants nothing by itself": { boundary: allow(), gives: "implicitDeny" },
  "identity and boundary together allow": { identity: allow(), boundary: allow({ Action: "s3:*" }), gives: "allowed" },
  "a session policy limits": {
    who: session,
    identity: allow(),
    session: allow({ Action: "ec2:*" }),
    gives: "implicitDeny",
  },
  "a bucket policy that names the user allows": { resource: allow({ Principal: ANN }), gives: "allowed" },
  "a bucket policy that names the account leaves it to the account": {
    resource: allow({ Principal: ACCOUNT }),
    gives: "implicitDeny",
  },
  "a bucket policy for everyone allows": { resource: allow({ Principal: "*" }), gives: "allowed" },
  "a bucket policy for everyone lets in who did not sign": {
    who: NOBODY,
    owner: ann.account,
    resource: allow({ Principal: { AWS: "*" } }),
    gives: "allowed",
  },
  "no other name stands for who did not sign": {
    who: NOBODY,
    owner: ann.account,
    resource: ["", NOBODY.arn, "arn:aws:iam:::root"].map((AWS) => allow({ Principal: { AWS } })),
    gives: "implicitDeny",
  },
  "nor does an id of an account without a number": {
    who: NOBODY,
    owner: ann.account,
    resource: allow({ Principal: { CanonicalUser: canonicalId("") } }),
    gives: "implicitDeny",
  },
  "a bucket policy that names another does not matter": {
    resource: allow({ Principal: { AWS: "arn:aws:iam::123456789012:user/bob" } }),
    gives: "implicitDeny",
  },
  "a bucket policy's deny wins": { identity: allow(), resource: deny({ Principal: "*" }), gives: "explicitDeny" },
  "NotPrincipal denies the others": {
    identity: allow(),
    resource: deny({ NotPrincipal: { AWS: "arn:aws:iam::123456789012:user/bob" } }),
    gives: "explicitDeny",
  },
  "NotPrincipal spares the named": { identity: allow(), resource: deny({ NotPrincipal: ANN }), gives: "allowed" },
  "a grant to the role is limited by the session policy": {
    who: session,
    session: allow({ Action: "ec2:*" }),
    resource: allow({ Principal: { AWS: session.roleArn } }),
    gives: "implicitDeny",
  },
  "a grant to the session is not": {
    who: session,
    session: allow({ Action: "ec2:*" }),
    resource: allow({ Principal: { AWS: session.arn } }),
    gives: "allowed",
  },
  "another account's resource needs both sides": { identity: allow(), owner: "999999999999", gives: "implicitDeny" },
  "another account's resource with both sides": {
    identity: allow(),
    resource: allow({ Principal: ACCOUNT }),
    owner: "999999999999",
    gives: "allowed",
  },
  "another account's grant alone is not enough": {
    resource: allow({ Principal: ANN }),
    owner: "999999999999",
    gives: "implicitDeny",
  },
  "a role is not assumed without its trust": {
    identity: allow(),
    resource: { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" },
    action: "sts:AssumeRole",
    on: "arn:aws:iam::123456789012:role/R",
    gives: "implicitDeny",
  },
  "a trust in the account needs the caller's own permission": {
    resource: { Effect: "Allow", Principal: ACCOUNT, Action: "sts:AssumeRole" },
    action: "sts:AssumeRole",
    on: "arn:aws:iam::123456789012:role/R",
    gives: "implicitDeny",
  },
  "an external id is asked for": {
    resource: {
      Effect: "Allow",
      Principal: ANN,
      Action: "sts:AssumeRole",
      Condition: { StringEquals: { "sts:ExternalId": "42" } },
    },
    action: "sts:AssumeRole",
    conditions: { "sts:ExternalId": "41" },
    gives: "implicitDeny",
  },
  "a service is trusted by name": {
    who: service,
    resource: {
      Effect: "Allow",
      Principal: { Service: ["ec2.amazonaws.com", "sagemaker.amazonaws.com"] },
      Action: "sts:AssumeRole",
    },
    action: "sts:AssumeRole",
    gives: "allowed",
  },
  "root may do everything in its account": { who: root, gives: "allowed" },
  "a key's policy is needed beside an identity policy [guide]": {
    identity: allow(),
    resource: [],
    action: "kms:Decrypt",
    gives: "implicitDeny",
  },
  "a key's policy that names the account hands over to identity policies [guide]": {
    identity: allow(),
    resource: allow({ Principal: ACCOUNT }),
    action: "kms:Decrypt",
    gives: "allowed",
  },
  "a key's policy that names the account gives nobody anything [guide]": {
    resource: allow({ Principal: ACCOUNT }),
    action: "kms:Decrypt",
    gives: "implicitDeny",
  },
  "a key's policy that names the caller is enough [guide]": {
    resource: allow({ Principal: ANN }),
    action: "kms:Decrypt",
    gives: "allowed",
  },
  "root needs to be named by a key's policy [guide]": {
    who: root,
    resource: allow({ Principal: ANN }),
    action: "kms:Decrypt",
    gives: "implicitDeny",
  },
});

const federated: Principal = {
  ...ann,
  kind: "federated-user",
  arn: "arn:aws:sts::123456789012:federated-user/visitor",
  userId: "123456789012:visitor",
  sessionIssuer: { arn: ann.arn, userId: ann.userId },
};
const { sessionIssuer: _, ...federatedByRoot } = federated;
const visitor: Principal = {
  ...ann,
  kind: "web-identity",
  arn: "arn:aws:iam::123456789012:oidc-provider/accounts.example.com",
  federated: {
    provider: "arn:aws:iam::123456789012:oidc-provider/accounts.example.com",
    claims: { "accounts.example.com:aud": "app" },
  },
};

decideCases({
  "a federated user may what its user and its session policy may": {
    who: federated,
    identity: allow({ Action: "s3:*" }),
    session: allow({ Action: "s3:Get*" }),
    gives: "allowed",
  },
  "a federated user may not what its session policy leaves out": {
    who: federated,
    identity: allow(),
    session: allow({ Action: "ec2:*" }),
    gives: "implicitDeny",
  },
  "a federated user may nothing without a session policy [guide]": {
    who: federated,
    identity: allow(),
    gives: "implicitDeny",
  },
  "a federated user of root may what its session policy may": {
    who: federatedByRoot,
    session: allow({ Action: "s3:*" }),
    gives: "allowed",
  },
  "a grant to the federated user is limited by nothing [guide]": {
    who: federated,
    resource: allow({ Principal: { AWS: federated.arn } }),
    gives: "allowed",
  },
  "a grant to the user who federated is limited by the session policy [guide]": {
    who: federated,
    session: allow({ Action: "ec2:*" }),
    resource: allow({ Principal: ANN }),
    gives: "implicitDeny",
  },
  "a trust names the provider of a token": {
    who: visitor,
    action: "sts:AssumeRoleWithWebIdentity",
    resource: allow({
      Principal: { Federated: visitor.arn },
      Condition: { StringEquals: { "accounts.example.com:aud": "app" } },
    }),
    gives: "allowed",
  },
  "a trust asks for a claim that the token does not make": {
    who: visitor,
    action: "sts:AssumeRoleWithWebIdentity",
    resource: allow({
      Principal: { Federated: visitor.arn },
      Condition: { StringEquals: { "accounts.example.com:aud": "other" } },
    }),
    gives: "implicitDeny",
  },
  "a trust of another provider": {
    who: visitor,
    action: "sts:AssumeRoleWithWebIdentity",
    resource: allow({ Principal: { Federated: "cognito-identity.amazonaws.com" } }),
    gives: "implicitDeny",
  },
  "a token is nobody of the account": {
    who: visitor,
    action: "sts:AssumeRoleWithWebIdentity",
    resource: allow({
      Principal: { AWS: "*" },
      Condition: { StringEquals: { "aws:PrincipalAccount": "123456789012" } },
    }),
    gives: "implicitDeny",
  },
  "tags of a session stand over those of its role": {
    who: { ...session, tags: { team: "red" } },
    identity: allow({ Condition: { StringEquals: { "aws:PrincipalTag/team": "red" } } }),
    tags: { team: "blue" },
    gives: "allowed",
  },
  "the source identity of a session": {
    who: { ...session, sourceIdentity: "Saanvi" },
    identity: allow({ Condition: { StringLike: { "aws:SourceIdentity": ["Saanvi", "Diego"] } } }),
    gives: "allowed",
  },
  "NotPrincipal with Allow leaves out everyone it names in any way": {
    resource: allow({ NotPrincipal: ACCOUNT }),
    gives: "implicitDeny",
  },
});
