// Certificates as bytes: what our authority and the certificates for single names say. RFC 5280; the extensions are
// those that Python 3.13 demands by default (VERIFY_X509_STRICT). The library is loaded for the first certificate.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { isIP } from "node:net";

export interface Validity {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
}

export interface Issuer {
  /** Common name of the authority. */
  readonly name: string;
  readonly key: KeyObject;
}

/** RFC 5758: ECDSA with SHA-256. */
const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";
/** Who issues: also how our own authorities are known among the certificates of a bundle. */
export const OUR_ORGANIZATION = "Sagebrush";

/** What the authority may vouch for: names that only Amazon has, and this machine. */
const permittedDomains = ["amazonaws.com", "amazonaws.com.cn", "localhost"];
const permittedAddresses = ["127.0.0.0/8", "::1/128"];

export const newKey = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

/** PEM of a self-signed authority. */
export async function issueAuthority(issuer: Issuer, validity: Validity): Promise<string> {
  const x509 = await import("@peculiar/asn1-x509");
  const subtree = (base: object) => new x509.GeneralSubtree({ base: new x509.GeneralName(base) });
  const permitted = [
    ...permittedDomains.map((dNSName) => subtree({ dNSName })),
    ...permittedAddresses.map((iPAddress) => subtree({ iPAddress })),
  ];
  return issue(issuer, issuer.key, issuer.name, validity, [
    [x509.id_ce_basicConstraints, true, new x509.BasicConstraints({ cA: true, pathLenConstraint: 0 })],
    [x509.id_ce_keyUsage, true, new x509.KeyUsage(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign)],
    [
      x509.id_ce_nameConstraints,
      true,
      new x509.NameConstraints({ permittedSubtrees: new x509.GeneralSubtrees(permitted) }),
    ],
  ]);
}

/** PEM of a server's certificate for host names and addresses, with the public half of `key`. */
export async function issueLeaf(
  issuer: Issuer,
  key: KeyObject,
  names: readonly string[],
  validity: Validity,
): Promise<string> {
  const x509 = await import("@peculiar/asn1-x509");
  const alternatives = names.map(
    (name) => new x509.GeneralName(isIP(name) === 0 ? { dNSName: name } : { iPAddress: name }),
  );
  // The subject is not the name: a common name holds 64 characters, and nothing that is current reads it.
  return issue(issuer, key, "Sagebrush server", validity, [
    [x509.id_ce_basicConstraints, true, new x509.BasicConstraints({ cA: false })],
    [x509.id_ce_keyUsage, true, new x509.KeyUsage(x509.KeyUsageFlags.digitalSignature)],
    [x509.id_ce_extKeyUsage, false, new x509.ExtendedKeyUsage([x509.id_kp_serverAuth])],
    [x509.id_ce_subjectAltName, false, new x509.SubjectAlternativeName(alternatives)],
  ]);
}

type NewExtension = readonly [id: string, critical: boolean, value: object];

async function issue(
  issuer: Issuer,
  key: KeyObject,
  subject: string,
  validity: Validity,
  extensions: readonly NewExtension[],
): Promise<string> {
  const x509 = await import("@peculiar/asn1-x509");
  const { AsnConvert, OctetString } = await import("@peculiar/asn1-schema");
  const encoded = (value: object) => new OctetString(AsnConvert.serialize(value));
  const nameOf = (commonName: string) =>
    new x509.Name(
      [
        { type: ORGANIZATION, text: OUR_ORGANIZATION },
        { type: COMMON_NAME, text: commonName },
      ].map(
        ({ type, text }) =>
          new x509.RelativeDistinguishedName([
            new x509.AttributeTypeAndValue({ type, value: new x509.AttributeValue({ utf8String: text }) }),
          ]),
      ),
    );
  const algorithm = new x509.AlgorithmIdentifier({ algorithm: ECDSA_SHA256 });
  const subjectKey = new x509.SubjectKeyIdentifier(keyIdOf(key));
  const authorityKey = new x509.AuthorityKeyIdentifier({ keyIdentifier: new x509.KeyIdentifier(keyIdOf(issuer.key)) });
  const certificate = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: newSerial(),
    signature: algorithm,
    issuer: nameOf(issuer.name),
    validity: new x509.Validity({ notBefore: wholeSecond(validity.from), notAfter: wholeSecond(validity.until) }),
    subject: nameOf(subject),
    subjectPublicKeyInfo: AsnConvert.parse(publicKeyOf(key), x509.SubjectPublicKeyInfo),
    extensions: new x509.Extensions(
      [
        ...extensions,
        [x509.id_ce_subjectKeyIdentifier, false, subjectKey] as const,
        [x509.id_ce_authorityKeyIdentifier, false, authorityKey] as const,
      ].map(([extnID, critical, value]) => new x509.Extension({ extnID, critical, extnValue: encoded(value) })),
    ),
  });
  const signature = sign("sha256", new Uint8Array(AsnConvert.serialize(certificate)), issuer.key);
  const signed = new x509.Certificate({
    tbsCertificate: certificate,
    signatureAlgorithm: algorithm,
    signatureValue: bytesOf(signature),
  });
  return pemOf(Buffer.from(AsnConvert.serialize(signed)));
}

const publicKeyOf = (key: KeyObject): ArrayBuffer =>
  bytesOf(createPublicKey(key.export({ type: "pkcs8", format: "pem" })).export({ type: "spki", format: "der" }));

/** RFC 7093, method 1: the first 160 bits of the hash of the public key. */
const keyIdOf = (key: KeyObject): ArrayBuffer =>
  bytesOf(
    createHash("sha256")
      .update(new Uint8Array(publicKeyOf(key)))
      .digest()
      .subarray(0, 20),
  );

/** Positive, and without a leading byte that DER would leave out. */
function newSerial(): ArrayBuffer {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytesOf(bytes);
}

const wholeSecond = (time: number): Date => new Date(Math.floor(time / 1000) * 1000);

/** A copy of its own: a Buffer may be a part of Node's pool. */
const bytesOf = (buffer: Buffer): ArrayBuffer => new Uint8Array(buffer).buffer;

function pemOf(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** Reads a private key in PEM. @throws Error */
export const readKey = (pem: string): KeyObject => createPrivateKey(pem);
