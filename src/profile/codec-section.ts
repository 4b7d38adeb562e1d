import type { CounterGroup } from '#storage';
import type { CodecData } from './data/storage-data.js';
import type { ProfileSource } from './profile-source.js';

type Counters = Readonly<Record<string, CounterGroup>>;

/** `cpuNs`: processor time of the process meanwhile; undefined when it is not known. */
export function codecSection({ options }: ProfileSource, counters: Counters, cpuNs: number | undefined): CodecData[] {
  const {
    bytesIn = 0, bytesOut = 0, compressed = 0, keptPlain = 0, decompressed = 0, tried = 0, triedBytes = 0, triedBytesOut = 0, compressNs = 0, decompressNs = 0,
  } = counters['codec'] ?? {};
  const cpuShare = cpuNs === undefined || cpuNs <= 0 ? undefined : Math.min(1, (compressNs + decompressNs) / cpuNs);
  return [{
    name: options.values.compression, bytesIn, bytesOut, compressed, keptPlain, decompressed, tried, triedBytes, triedBytesOut, compressNs, decompressNs,
    ...(cpuShare === undefined ? {} : { cpuShare }),
  }];
}
