import type { ProfileData } from './profile-data.js';

/** Writes a profile to a file; the form follows the ending of the name. */
export type ProfileWriter = (data: ProfileData, path: string) => Promise<void>;

/**
 * What a profiler has recorded.
 *
 * @example
 * await profile.save('report.html');     // for people
 * await profile.save('profile.pb.gz');   // for pprof
 * console.log(profile.data.operations);  // for programs
 */
export class Profile {
  /** Plain data, as docs/profile-schema.md describes it. */
  readonly data: ProfileData;
  readonly #write: ProfileWriter;

  /** @internal */
  constructor(data: ProfileData, write: ProfileWriter) {
    this.data = data;
    this.#write = write;
  }

  /**
   * Writes a report: `.html` (all of it, on one page), `.svg` (flame graph), `.pb.gz` (pprof), `.cpuprofile`, `.json`, `.prom` (Prometheus),
   * `.txt`. The file is replaced as a whole. Throws OPTION (unknown ending, or nothing recorded that would go into such a file), IO, FULL.
   */
  save(path: string): Promise<void> { return this.#write(this.data, path); }
}
