import { parseRegex } from './parse-regex.js';
import { costOf, type RegexCost } from './regex-cost.js';
import { RegexMatcher } from './regex-matcher.js';
import { sourceOf, withoutIdleEnds, type RegexNode } from './regex-node.js';
import { regexProgram } from './regex-program.js';

/** Steps that JavaScript's engine may be led to for one text. */
const NATIVE_STEPS = 200_000;
/** Steps for each character of the text, when they do not grow with its length. */
const NATIVE_STEPS_A_CHARACTER = 1000;

/**
 * A test for a pattern that cannot hang: where the ways through it are proven few for the text at hand, JavaScript's engine
 * runs, else ours, whose time grows with the text alone (docs/decisions/regular-expressions.md). Throws QUERY.
 *
 * @example
 * compileRegex('^(a+)+$', '')('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'); // false, at once
 */
export function compileRegex(source: string, flags: string): (text: string) => boolean {
  const node = withoutIdleEnds(parseRegex(source, flags));
  const program = regexProgram(node, flags);
  const matcher = new RegexMatcher(program, flags);
  const longest = hasOddWords(node, flags) ? 0 : nativeChars(costOf(node), isAnchored(node, flags));
  if (longest === 0) return (text) => matcher.test(text);
  const native = new RegExp(sourceOf(node), flags);
  if (longest === Infinity) return (text) => native.test(text);
  return (text) => (text.length <= longest ? native.test(text) : matcher.test(text));
}

/** V8 finds `\B` with flag `u` between the halves of a surrogate pair, where no character ends. */
function hasOddWords(node: RegexNode, flags: string): boolean { return flags.includes('u') && sourceOf(node).includes('\\B'); }

function isAnchored(node: RegexNode, flags: string): boolean {
  const first = node.kind === 'seq' ? node.parts[0] : node;
  return first?.kind === 'assert' && first.source === '^' && !flags.includes('m');
}

/** The longest text for which JavaScript's engine is certain to be quick. */
function nativeChars(cost: RegexCost | undefined, anchored: boolean): number {
  if (cost === undefined) return 0;
  const once = cost.ways * cost.size;
  const power = cost.degree + (anchored ? 0 : 1);
  if (power <= 1 && once <= NATIVE_STEPS_A_CHARACTER) return Infinity;
  return Math.max(0, Math.floor((NATIVE_STEPS / once) ** (1 / Math.max(1, power))) - 1);
}

/**
 * Text that every match begins with, for a range in an index: `whole` when nothing else is asked. Undefined when the
 * pattern is not bound to the beginning.
 */
export function regexPrefix(source: string, flags: string): { readonly prefix: string; readonly whole: boolean } | undefined {
  if (/[im]/.test(flags)) return undefined;
  const node = parseRegex(source, flags);
  const parts = node.kind === 'seq' ? node.parts : [node];
  const [first] = parts;
  if (first?.kind !== 'assert' || first.source !== '^') return undefined;
  let prefix = '';
  let used = 1;
  for (const part of parts.slice(1)) {
    if (part.kind !== 'char' || part.literal === undefined) break;
    prefix += part.literal;
    used++;
  }
  return { prefix, whole: used === parts.length };
}
