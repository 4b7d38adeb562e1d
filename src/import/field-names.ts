const MAX_CHARS = 64;

/**
 * Column titles as field names: other characters than letters, digits and _ become _, an empty one is `column_<n>`,
 * one that stands twice (case does not matter) gets a number. Names of more than ten characters are fine: the header
 * gets a short one and the catalog remembers the long one.
 *
 * @example
 * fieldNamesFor(['First name', '', 'first name', '2024']); // ['First_name', 'column_2', 'first_name_2', 'f_2024']
 */
export function fieldNamesFor(titles: readonly string[]): string[] {
  const taken = new Set<string>();
  return titles.map((title, i) => {
    const plain = title.trim().replace(/[^\p{L}\p{N}_]+/gu, '_').replace(/^_+|_+$/g, '').slice(0, MAX_CHARS);
    const wanted = plain === '' ? `column_${i + 1}` : /^\p{N}/u.test(plain) ? `f_${plain}` : plain;
    let name = wanted;
    for (let n = 2; taken.has(name.toUpperCase()); n++) name = `${wanted}_${n}`;
    taken.add(name.toUpperCase());
    return name;
  });
}
