// The regular expressions of the service models: written for Java and matched against the whole value.

/** Java's POSIX classes that have another name in JavaScript. */
const classes: Readonly<Record<string, string>> = {
  "\\p{Alpha}": "a-zA-Z",
  "\\p{Digit}": "0-9",
  "\\p{Alnum}": "a-zA-Z0-9",
  "\\p{Upper}": "A-Z",
  "\\p{Lower}": "a-z",
  "\\p{Punct}": "!-\\/:-@\\[-`{-~",
  "\\p{Print}": " -~",
  "\\p{Graph}": "!-~",
  "\\p{ASCII}": "\\x00-\\x7F",
  "\\p{Space}": " \\t\\n\\x0B\\f\\r",
};

/**
 * Patterns that backtrack exponentially, and others that match the same texts in linear time: a caller could stop the
 * server with one name. The test tries every pattern of the contract against texts that bring this out.
 */
const linear: Readonly<Record<string, string>> = {
  "https://([.\\-_a-zA-Z0-9]+/?){3,1016}":
    "https://(?=(?:/?[.\\-_a-zA-Z0-9]){3})[.\\-_a-zA-Z0-9]+(?:/[.\\-_a-zA-Z0-9]+)*/?",
};

/** A function that says whether the pattern matches the whole text. @throws Error for a pattern JavaScript lacks */
export function javaPattern(pattern: string): (text: string) => boolean {
  const expression = new RegExp(`^(?:${inJavaScript(linear[pattern] ?? pattern)})$`, "u");
  return (text) => expression.test(text);
}

/**
 * The pattern as the `u` flag wants it: Java's classes by their characters, its anchors by ours, no escapes that are not needed, and the
 * repeated `$` of two of AWS's patterns, `(…)${1,128}`, in a group.
 */
function inJavaScript(pattern: string): string {
  let inBrackets = false;
  return pattern.replace(/\\p\{[A-Za-z]+\}|\\.|\[|\]|\$(?=\{\d)/g, (token) => {
    if (token === "[" || token === "]") inBrackets = token === "[";
    if (token === "$") return inBrackets ? token : "(?:$)";
    if (token === "\\A") return "^";
    if (token === "\\z" || token === "\\Z") return "$";
    const characters = classes[token];
    if (characters !== undefined) return inBrackets ? characters : `[${characters}]`;
    return /^\\[_:;@=#%&!"'~`<>, ]$/.test(token) || (token === "\\-" && !inBrackets) ? token.slice(1) : token;
  });
}
