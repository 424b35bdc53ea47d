/** Words as a shell takes them. */

/** An argument as it has to be typed: as it is where nothing in it means anything to a shell, else quoted. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : singleQuoted(text);
}

/** An argument in single quotes, whatever is in it: for a place of which nobody knows what stands around it. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
