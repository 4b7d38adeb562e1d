/** Calls that never come in practice; still a small integer. */
const NEVER = 2 ** 30 - 1;
/** The first calls that are taken, each alone: what is seldom called is never called often enough to be worth a burst. */
const SINGLES = 32;
/** From then on so many calls in a row are taken. */
export const BURST_CALLS = 64;

/** What a sampler needs of the probe. */
export interface SamplerHost {
  /** Share (0 to 1) of the calls that is to be taken now. */
  rate(): number;
  /** From 0 to 1, evenly. */
  random(): number;
}

/**
 * Picks a share of the calls of something and counts all of them. Timing one call costs microseconds when neither its code nor its data are
 * in the caches of the processor, and a tenth of that right after another one; so calls are taken in bursts, at the same rate. The
 * gaps between bursts vary at random, so work that comes in rounds is sampled fairly.
 *
 * @example
 * if (--sampler.left < 0 && sampler.take()) return timed();
 */
export class Sampler {
  /** Calls left until one is taken. Whoever calls takes one off. */
  left = NEVER;
  readonly #host: SamplerHost;
  #loaded = NEVER;
  #counted = 0;
  #taken = 0;
  #leftOfBurst = 0;

  constructor(host: SamplerHost) {
    this.#host = host;
    this.reload();
  }

  /** Calls until now. */
  get count(): number { return this.#counted + this.#loaded - this.left; }

  /** Begins anew, somewhere in a gap: the rate may have changed. */
  reload(): void {
    this.#leftOfBurst = 0;
    const share = this.#host.random();
    this.#load(this.#gap(share < 0.5 ? share : 1.5 - Math.sqrt(2 - 2 * share))); // what is left of the gap that is met at any moment
  }

  /** True when this call is one of those that are taken: `left` fell below zero. */
  take(): boolean {
    if (this.left >= 0) return false;
    if (this.#host.rate() <= 0) {
      this.#load(NEVER);
      return false;
    }
    if (this.#leftOfBurst === 0) this.#leftOfBurst = this.#burst();
    this.#taken++;
    this.#load(--this.#leftOfBurst > 0 ? 0 : this.#gap(0.5 + this.#host.random()));
    return true;
  }

  #burst(): number { return this.#taken < SINGLES ? 1 : BURST_CALLS; }

  #load(calls: number): void {
    this.#counted = this.count;
    this.left = this.#loaded = calls;
  }

  /** Calls that are passed by before the next burst: so many times those that make the rate come out. Gaps are evenly from half to one and a half of it. */
  #gap(times: number): number {
    const rate = this.#host.rate();
    return rate <= 0 ? NEVER : Math.min(NEVER, Math.round(this.#burst() * (1 / rate - 1) * times));
  }
}
