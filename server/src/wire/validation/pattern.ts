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

/** A function that says whether the pattern matches the whole text. @throws Error for a pattern JavaScript lacks */
export function javaPattern(pattern: string): (text: string) => boolean {
  const source = withoutPosix(pattern);
  const expression = compile(`^(?:${source})$`);
  return (text) => expression.test(text);
}

/** Java's names are replaced by their characters, in brackets unless they stand in some already. */
function withoutPosix(pattern: string): string {
  let inBrackets = false;
  return pattern.replace(/\\p\{[A-Za-z]+\}|\\.|\[|\]/g, (token) => {
    if (token === "[" || token === "]") inBrackets = token === "[";
    const characters = classes[token];
    if (characters === undefined) return token;
    return inBrackets ? characters : `[${characters}]`;
  });
}

/** With Unicode classes where the pattern allows it; many patterns escape characters that the `u` flag refuses. */
function compile(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch {
    return new RegExp(source);
  }
}
