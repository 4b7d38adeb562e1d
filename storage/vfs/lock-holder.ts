/** Who has a database open for writing. Stands as JSON in the lock folder; see docs/storage.md. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly threadId: number;
  /** 128 random bits in hexadecimal: names this one opening for ever. */
  readonly nonce: string;
  /** Milliseconds since 1970, for people only. */
  readonly openedAtMs: number;
  /** When the process began, in clock ticks after boot; with the pid it names one process of one boot. Linux. */
  readonly startTime?: string | undefined;
  /** The thread's id in the system, and when it began: a thread can end without its process. Linux. */
  readonly taskId?: string | undefined;
  readonly taskStartTime?: string | undefined;
  /** Names one boot of one machine. Linux. */
  readonly bootId?: string | undefined;
  /** Names the installation; tells two machines with one host name apart. Linux. */
  readonly machineId?: string | undefined;
  /** Where the pid is counted. Linux. */
  readonly pidNamespace?: string | undefined;
  readonly netNamespace?: string | undefined;
}

/** A holder's facts about itself, before it has opened anything. */
export type LockClaimant = Omit<LockHolder, 'nonce' | 'openedAtMs'>;

const NONCE = /^[0-9a-f]{32}$/;
const OPTIONAL_TEXTS = ['startTime', 'taskId', 'taskStartTime', 'bootId', 'machineId', 'pidNamespace', 'netNamespace'] as const;

/** Longest owner file that is read. */
export const HOLDER_MAX_BYTES = 4096;

export function isNonce(text: string): boolean { return NONCE.test(text); }

export function encodeHolder(holder: LockHolder): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(holder, undefined, 2)}\n`);
}

/** undefined when the bytes are not an owner file. */
export function decodeHolder(bytes: Uint8Array): LockHolder | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { pid, host, threadId, nonce, openedAtMs } = parsed as Partial<Record<keyof LockHolder, unknown>>;
  if (!isCount(pid) || !isCount(threadId) || typeof openedAtMs !== 'number') return undefined;
  if (typeof host !== 'string' || typeof nonce !== 'string' || !isNonce(nonce)) return undefined;
  return { pid, host, threadId, nonce, openedAtMs, ...optionalTexts(parsed) };
}

/** `process 12 on host "db1" since 2026-01-31T10:00:00.000Z` */
export function describeHolder(holder: LockHolder): string {
  const thread = holder.threadId === 0 ? '' : `, thread ${holder.threadId},`;
  const since = new Date(holder.openedAtMs);
  const time = Number.isNaN(since.getTime()) ? 'an unknown time' : since.toISOString();
  return `process ${holder.pid}${thread} on host "${holder.host}" since ${time}`;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && typeof value === 'number' && value >= 0;
}

function optionalTexts(parsed: object): Partial<Record<(typeof OPTIONAL_TEXTS)[number], string>> {
  const texts: Partial<Record<(typeof OPTIONAL_TEXTS)[number], string>> = {};
  for (const name of OPTIONAL_TEXTS) {
    const value: unknown = Object.hasOwn(parsed, name) ? Reflect.get(parsed, name) : undefined;
    if (typeof value === 'string') texts[name] = value;
  }
  return texts;
}
