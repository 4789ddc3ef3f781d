/** For a POSIX shell: what is not plain goes into single quotes, in which nothing is special but their end. */
export const quoted = (value: string): string =>
  /^[\w:/.+=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
