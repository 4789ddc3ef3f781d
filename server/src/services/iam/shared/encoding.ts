// Policy documents in answers are URL-encoded by RFC 3986 (IAM API reference); SDKs decode them.

export const encodeDocument = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
