// How IAM writes values: times in whole seconds, policy documents URL-encoded by RFC 3986; SDKs decode them.

export const encodeDocument = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** Milliseconds to the API's seconds. */
export const wholeSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);
