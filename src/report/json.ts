import type { ProfileData } from '../profile/profile-data.js';
import { scriptJson } from './format/escape.js';

/**
 * The whole profile as JSON, as docs/profile-schema.md describes it. Characters that HTML gives a meaning to are written
 * as escapes, so that the text may stand inside a page.
 *
 * @example
 * const data: ProfileData = JSON.parse(jsonReport(profile.data));
 */
export function jsonReport(data: ProfileData): string { return `${scriptJson(data)}\n`; }
