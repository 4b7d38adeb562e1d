import { writeFully, type Vfs } from '#storage';
import { renderReport } from '../report/render-report.js';
import { formatOfReport } from '../report/report-format.js';
import type { ProfileData } from './profile-data.js';

/** A form of a report: what it makes of a profile. */
export type ReportForm = (data: ProfileData) => string | Uint8Array;

/** The form that belongs to the ending of a name; OPTION when there is none. */
export function formOf(path: string): ReportForm {
  const format = formatOfReport(path);
  return (data) => renderReport(data, format);
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
