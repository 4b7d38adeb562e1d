import type { CallFrameData } from '../../profile/data/v8-data.js';

/** Whose code a frame is. The first four are the floors of the engine. */
export type FrameOwner = 'storage' | 'index' | 'txn' | 'src' | 'app' | 'modules' | 'node' | 'gc' | 'native';

/** How a legend names the owners, in the order of the engine's floors and then outwards. */
export const OWNER_LABELS: Readonly<Record<FrameOwner, string>> = {
  storage: 'Engine: storage', index: 'Engine: index', txn: 'Engine: transactions', src: 'Engine: tables and queries',
  app: 'Your code', modules: 'Other packages', node: 'Node', gc: 'Garbage collector', native: 'Native code',
};

/** All owners, in the order of OWNER_LABELS. */
export const FRAME_OWNERS: readonly FrameOwner[] = ['storage', 'index', 'txn', 'src', 'app', 'modules', 'node', 'gc', 'native'];

/** A function as reports show it. */
export interface Frame {
  /** `(anonymous)` when it has none. */
  readonly name: string;
  /** Short path; empty for native code. */
  readonly file: string;
  /** As V8 gave it. */
  readonly url: string;
  /** From 1; 0 when unknown. */
  readonly line: number;
  readonly owner: FrameOwner;
}

const ENGINE_PLACE = /\/fieldstone[^/]*\/(?:dist\/)?((?:storage|index|txn|src)\/.*)$/;
const FLOOR = /^(?:dist\/)?(storage|index|txn|src)\//;

/** The path inside the engine's package, when the URL is of the engine. */
function enginePath(url: string, engineUrl: string | undefined): string | undefined {
  if (engineUrl !== undefined && engineUrl !== '' && url.startsWith(engineUrl)) return url.slice(engineUrl.length).replace(/^\//, '');
  return ENGINE_PLACE.exec(url)?.[1];
}

function isFloor(name: string | undefined): name is 'storage' | 'index' | 'txn' | 'src' {
  return name === 'storage' || name === 'index' || name === 'txn' || name === 'src';
}

function placeOf(url: string, engineUrl: string | undefined): { file: string; owner: FrameOwner } {
  if (url === '') return { file: '', owner: 'native' };
  if (url.startsWith('node:')) return { file: url, owner: 'node' };
  const inEngine = enginePath(url, engineUrl);
  const floor = inEngine === undefined ? undefined : FLOOR.exec(inEngine)?.[1];
  if (inEngine !== undefined && isFloor(floor)) return { file: inEngine.replace(/^dist\//, ''), owner: floor };
  const inModules = url.lastIndexOf('/node_modules/');
  if (inModules >= 0) return { file: url.slice(inModules + '/node_modules/'.length), owner: 'modules' };
  return { file: url.replace(/^file:\/\//, '').split('/').slice(-3).join('/'), owner: 'app' };
}

/** Names the frame and finds its owner. */
export function frameOf(callFrame: CallFrameData, engineUrl?: string): Frame {
  const { functionName, url, lineNumber } = callFrame;
  const name = functionName === '' ? '(anonymous)' : functionName;
  const place = name === '(garbage collector)' ? { file: '', owner: 'gc' as const } : placeOf(url, engineUrl);
  return { name, url, line: lineNumber >= 0 ? lineNumber + 1 : 0, ...place };
}

/** `page-cache.js:88`, or nothing for native code. */
export function framePlace(frame: Frame): string {
  return frame.file === '' ? '' : frame.line > 0 ? `${frame.file}:${frame.line}` : frame.file;
}
