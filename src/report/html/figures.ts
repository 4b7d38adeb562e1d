import { bytesText, countText, durationText, shareText } from '../format/units.js';
import { figure, type Cell } from './markup.js';

/** Cells with a count. */
export function counted(n: number | undefined): Cell { return figure(n, countText); }

/** Cells with a time in nanoseconds. */
export function timed(ns: number | undefined): Cell { return figure(ns, durationText); }

/** Cells with a moment: milliseconds since the start of the profile. */
export function moment(ms: number | undefined): Cell { return figure(ms, (value) => durationText(value * 1e6)); }

/** Cells with bytes. */
export function sized(bytes: number | undefined): Cell { return figure(bytes, bytesText); }

/** Cells with a share, 0 to 1. */
export function shared(share: number | undefined): Cell { return figure(share, shareText); }
