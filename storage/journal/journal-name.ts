/**
 * True for a plain file name: it cannot lead out of the folder, on any operating system. Asserted when a journal
 * is written and checked when it is read.
 */
export function isPlainName(name: string): boolean {
  return name.length > 0 && name !== '.' && name !== '..' && !/[/\\:\0]/.test(name);
}
