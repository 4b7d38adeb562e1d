import { describe, expect, test } from 'vitest';
import { seededRandom, simEnvironment } from './sim-clock.js';

describe('simulated environment', () => {
  test('timers fire in order of time, then of creation, and see the time they asked for', () => {
    const env = simEnvironment(1);
    const fired: string[] = [];
    const note = (name: string) => (): void => { fired.push(`${name}@${env.clock.monotonicNs() / 1e6}`); };
    env.scheduler.timer(note('c'), 30);
    env.scheduler.timer(note('a'), 10);
    env.scheduler.timer(note('b'), 10);
    env.scheduler.timer(() => env.scheduler.timer(note('nested'), 5), 10);
    env.scheduler.timer(note('never'), 20).cancel();
    env.advance(29);
    expect(fired).toEqual(['a@10', 'b@10', 'nested@15']);
    expect([env.pendingTimers, env.elapsedMs]).toEqual([1, 29]);
    env.advance(1);
    expect(fired.at(-1)).toBe('c@30');
    expect(env.pendingTimers).toBe(0);
  });

  test('advanceAsync lets promises and later work run between timers', async () => {
    const env = simEnvironment(1);
    const seen: string[] = [];
    env.scheduler.timer(() => {
      void Promise.resolve().then(() => { seen.push('promise'); });
      env.scheduler.later(() => { seen.push('later'); });
    }, 1);
    env.scheduler.timer(() => { seen.push('second timer'); }, 1);
    await env.advanceAsync(1);
    expect(seen).toEqual(['promise', 'later', 'second timer']);
  });

  test('the wall clock jumps alone', () => {
    const env = simEnvironment(1);
    const before = env.clock.nowMs();
    env.jumpWallClock(-5000);
    expect(env.clock.nowMs()).toBe(before - 5000);
    expect(env.clock.monotonicNs()).toBe(0);
  });

  test('without a file system every file access fails', () => {
    expect(() => simEnvironment(1).vfs.stat('x')).toThrow('no file system');
  });

  test('the seed decides the numbers, and they are spread evenly', () => {
    const draw = (seed: number): number[] => { const r = seededRandom(seed); return Array.from({ length: 8 }, () => r.uint32()); };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const random = seededRandom(3);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) { const n = random.int(10); counts[n] = (counts[n] ?? 0) + 1; }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
    expect(random.shuffle([1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
