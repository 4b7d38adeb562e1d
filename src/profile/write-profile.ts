import { writeFully, type Scheduler, type Vfs } from '#storage';
import type { ProfileData } from './profile-data.js';
import { formatOfReport } from '../report/report-format.js';

/**
 * Writes the report that the ending of the name stands for. The code that makes reports is loaded when it is wanted, and works
 * in a turn of its own. Throws OPTION for an unknown ending.
 */
export async function writeProfile(vfs: Vfs, scheduler: Scheduler, data: ProfileData, path: string): Promise<void> {
  const format = formatOfReport(path);
  const { renderReport } = await import('../report/render-report.js');
  await new Promise<void>((resolve) => { scheduler.later(resolve); });
  replaceFile(vfs, path, renderReport(data, format));
}

let files = 0;

/** Puts `content` in the place of a file, as a whole: written beside it, then renamed. */
export function replaceFile(vfs: Vfs, path: string, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const temporary = `${path}.fs-${process.pid.toString(36)}${(++files).toString(36)}`;
  const file = vfs.open(temporary, 'exclusive');
  try {
    if (bytes.length > 0) writeFully(file, bytes, 0);
  } catch (e) {
    file.close();
    vfs.unlink(temporary);
    throw e;
  }
  file.close();
  vfs.rename(temporary, path);
}
