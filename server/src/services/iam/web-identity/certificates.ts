// Whether a provider's certificate is to be believed: an authority that this machine trusts signed it, or one of its chain
// has a thumbprint of the provider (IAM user guide, "Obtain the thumbprint for an OpenID Connect identity provider").
import { X509Certificate } from "node:crypto";
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from "node:tls";

/** `thumbprints`: SHA-1 in lower-case hexadecimal digits. */
export function isTrusted(socket: TLSSocket, host: string, thumbprints: readonly string[]): boolean {
  if (socket.authorized) return true;
  const leaf = socket.getPeerCertificate(true);
  if (leaf.raw === undefined || checkServerIdentity(host, leaf) !== undefined) return false;
  const chain = chainOf(leaf);
  const pinned = chain.findIndex(({ fingerprint }) => thumbprints.includes(plain(fingerprint)));
  return pinned >= 0 && isWhole(chain.slice(0, pinned + 1));
}

const plain = (fingerprint: string): string => fingerprint.replaceAll(":", "").toLowerCase();

function chainOf(leaf: DetailedPeerCertificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<DetailedPeerCertificate>();
  // A certificate that signed itself is its own issuer.
  for (
    let next: DetailedPeerCertificate | undefined = leaf;
    next?.raw && !seen.has(next);
    next = next.issuerCertificate
  ) {
    seen.add(next);
    chain.push(new X509Certificate(next.raw));
  }
  return chain;
}

/** Each is valid today and signed by the next; the last is known by its thumbprint. */
function isWhole(chain: readonly X509Certificate[]): boolean {
  const now = Date.now();
  return chain.every((certificate, at) => {
    const issuer = chain[at + 1];
    const isToday = certificate.validFromDate.getTime() <= now && now <= certificate.validToDate.getTime();
    return isToday && (issuer === undefined || (issuer.ca && certificate.verify(issuer.publicKey)));
  });
}
