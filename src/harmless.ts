/** Text of strangers (programs, file names, answers of other machines) that is to reach a terminal. */

/**
 * ECMA-48: control sequences (CSI), strings that a terminal takes for itself (OSC, DCS, SOS, PM, APC; up to their end
 * or that of the line), and the other escapes, with one byte of an 8-bit code in the place of ESC as well.
 */
const sequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;

/** What else a terminal acts on: all control characters but the end of a line and the tabulator, and DEL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Characters that reverse the order in which others are shown, so that a line reads as what it is not. */
const reversals = /[\u202a-\u202e\u2066-\u2069]/g;

/** The text without anything by which it could move the cursor, clear, colour or rename a terminal, or be typed by it. */
export function harmless(text: string): string {
  return text
    .replace(sequences, '')
    .replace(/\r\n/g, '\n')
    .replace(controls, '\ufffd')
    .replace(reversals, '');
}
