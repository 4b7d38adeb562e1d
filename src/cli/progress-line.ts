import type { Clock } from '#storage';
import type { Progress } from './command.js';
import { clip, countText } from './text-table.js';

const EVERY_NS = 100e6;
const BAR_CHARS = 20;

/** A progress line that is drawn over itself, at most ten times a second. */
export function progressLine(clock: Clock, write: (text: string) => void, columns: () => number): Progress {
  let startNs: number | undefined;
  let drawnNs = -Infinity;
  let shown = false;
  return {
    update(text, done, total) {
      const now = clock.monotonicNs();
      startNs ??= now;
      if (now - drawnNs < EVERY_NS) return;
      drawnNs = now;
      shown = true;
      write(`\r\u001b[K${clip(describe(text, done, total, (now - startNs) / 1e9), Math.max(10, columns() - 1))}`);
    },
    clear() {
      if (shown) write('\r\u001b[K');
      shown = false;
      startNs = undefined;
      drawnNs = -Infinity;
    },
  };
}

/** For output that is no terminal. */
export const NO_PROGRESS: Progress = { update: () => undefined, clear: () => undefined };

function describe(text: string, done: number, total: number, seconds: number): string {
  if (total <= 0) return `${text}  ${countText(done)}  ${Math.round(seconds)} s`;
  const share = Math.min(1, done / total);
  const full = Math.round(share * BAR_CHARS);
  const left = share > 0.02 && seconds > 1 ? `  ${Math.ceil((seconds / share) * (1 - share))} s left` : '';
  return `${text}  [${'#'.repeat(full)}${'.'.repeat(BAR_CHARS - full)}] ${Math.floor(share * 100)} %${left}`;
}
