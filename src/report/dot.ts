import type { ProfileData } from '../profile/profile-data.js';
import { visibleText } from './format/escape.js';

/**
 * The wait-for graph in the DOT language of Graphviz: who waited for whom at the worst moment. Dashed: only queued behind
 * the other. An empty graph when nobody waited.
 *
 * @example
 * await writeFile('waits.dot', dotReport(data)); // dot -Tsvg waits.dot > waits.svg
 */
export function dotReport(data: ProfileData): string {
  const { nodes = [], edges = [] } = data.locks?.waitGraph ?? {};
  const nodeLines = nodes.map(({ id, name, held }) => `  ${nodeId(id)} [label=${quote(`${name ?? 'transaction'} ${id}, ${held} held`)}];`);
  const edgeLines = edges.map(({ from, to, mode, resource, why }) => (
    `  ${nodeId(from)} -> ${nodeId(to)} [label=${quote(`${mode} ${resource}`)}${why === 'queued' ? ', style=dashed' : ''}];`
  ));
  return ['digraph waits {', '  rankdir=LR;', ...nodeLines, ...edgeLines, '}', ''].join('\n');
}

function nodeId(id: number): string { return quote(String(id)); }

/** A quoted string of DOT, in which a backslash begins an escape. */
function quote(text: string): string { return `"${visibleText(text).replace(/[\\"]/g, '\\$&')}"`; }
