import { describe, expect, test } from 'vitest';
import { KV_ANOMALIES, KV_MOMENTS, playKvAnomaly } from './kv-anomalies.js';

describe.each(KV_MOMENTS)('stores, with %s between the commits', (moment) => {
  test.each(KV_ANOMALIES)('$name', async (anomaly) => {
    expect(await playKvAnomaly(anomaly, 'serializable', moment), 'serializable').toBe(false);
    expect(await playKvAnomaly(anomaly, 'snapshot', moment), 'snapshot').toBe(anomaly.stops === 'serializable');
  });
});
