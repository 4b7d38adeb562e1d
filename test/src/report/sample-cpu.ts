import type { CpuNodeData, CpuProfileData, HeapNodeData, HeapProfileData } from '../../../src/profile/data/v8-data.js';
import { sampleRandom } from './sample-random.js';

export const ENGINE_URL = 'file:///app/node_modules/fieldstone/dist/';

/** Stacks, the outermost function first, with the share of time that they get. `e:` is the engine's folder. */
const STACKS: readonly (readonly [weight: number, path: string])[] = [
  [8, 'main app/server.js:12;handleOrder app/orders.js:40;placeOrder app/orders.js:71;transaction e:src/database.js:210;runTransaction e:txn/transaction/run-transaction.js:30;body app/orders.js:75;insert e:src/transaction/tx.js:88;encodeRow e:storage/dbf/row-encoder.js:64;encodeNumber e:storage/dbf/encode-number.js:19'],
  [6, 'main app/server.js:12;handleOrder app/orders.js:40;placeOrder app/orders.js:71;transaction e:src/database.js:210;runTransaction e:txn/transaction/run-transaction.js:30;body app/orders.js:75;insert e:src/transaction/tx.js:88;encodeRow e:storage/dbf/row-encoder.js:64;encodeText e:storage/dbf/encode-text.js:22'],
  [5, 'main app/server.js:12;handleOrder app/orders.js:40;placeOrder app/orders.js:71;transaction e:src/database.js:210;runTransaction e:txn/transaction/run-transaction.js:30;commit e:txn/commit/commit-pipeline.js:118;append e:storage/wal/wal-writer.js:77;crc32 e:storage/base/checksum.js:14'],
  [9, 'main app/server.js:12;handleOrder app/orders.js:40;placeOrder app/orders.js:71;transaction e:src/database.js:210;runTransaction e:txn/transaction/run-transaction.js:30;commit e:txn/commit/commit-pipeline.js:118;flush e:storage/wal/wal-writer.js:120;writeFully e:storage/vfs/full-io.js:18;writeSync node:fs:880'],
  [3, 'main app/server.js:12;handleOrder app/orders.js:40;placeOrder app/orders.js:71;transaction e:src/database.js:210;runTransaction e:txn/transaction/run-transaction.js:30;acquire e:txn/lock/lock-manager.js:95;find e:txn/lock/wait-for-graph.js:30'],
  [22, 'main app/server.js:12;handleSearch app/search.js:18;find e:src/table/table.js:301;scan e:src/query/run-plan.js:44;next e:src/table/scan.js:92;decodeRow e:storage/dbf/row-decoder.js:51;decodeText e:storage/dbf/decode-text.js:33'],
  [13, 'main app/server.js:12;handleSearch app/search.js:18;find e:src/table/table.js:301;scan e:src/query/run-plan.js:44;next e:src/table/scan.js:92;decodeRow e:storage/dbf/row-decoder.js:51;decodeNumber e:storage/dbf/decode-number.js:12'],
  [7, 'main app/server.js:12;handleSearch app/search.js:18;find e:src/table/table.js:301;scan e:src/query/run-plan.js:44;next e:src/table/scan.js:92;readAt e:storage/vfs/node-file.js:44;readSync node:fs:720'],
  [4, 'main app/server.js:12;handleSearch app/search.js:18;find e:src/table/table.js:301;scan e:src/query/run-plan.js:44;matches e:src/filter/compile.js:70'],
  [6, 'main app/server.js:12;handleLookup app/lookup.js:9;get e:src/kv/kv.js:120;get e:txn/keys/key-view.js:40;get e:index/btree/tree.js:88;search e:index/btree/node-image.js:51;compareKeys e:index/key/compare-keys.js:8'],
  [3, 'main app/server.js:12;handleLookup app/lookup.js:9;get e:src/kv/kv.js:120;get e:txn/keys/key-view.js:40;get e:index/btree/tree.js:88;mayContain e:index/bloom/bloom-filter.js:40'],
  [4, 'main app/server.js:12;handleLookup app/lookup.js:9;get e:src/kv/kv.js:120;parse e:src/kv/value-form.js:31;JSON.parse :0'],
  [3, 'checkpoint e:txn/checkpoint/checkpoint.js:60;fold e:txn/record/record-fold.js:33;apply e:storage/journal/journal-apply.js:20;writeFully e:storage/vfs/full-io.js:18;writeSync node:fs:880'],
  [2, 'checkpoint e:txn/checkpoint/checkpoint.js:60;fold e:txn/keys/key-fold.js:28;applySorted e:index/btree/apply-sorted.js:70;pack e:index/btree/leaf-packer.js:44'],
  [2, 'render app/render.js:5;format npm:date-kit/index.js:80;pad npm:date-kit/pad.js:3'],
  [1, 'processTicksAndRejections node:internal/process/task_queues:60;:0'],
  [4, '(garbage collector) :0'], [2, '(program) :0'], [11, '(idle) :0'],
];

function urlOf(place: string): string {
  if (place.startsWith('e:')) return ENGINE_URL + place.slice(2);
  if (place.startsWith('npm:')) return `file:///app/node_modules/${place.slice(4)}`;
  if (place === '' || place.startsWith('node:')) return place;
  return `file:///${place}`;
}

function frameAt(text: string): CpuNodeData['callFrame'] {
  const space = text.lastIndexOf(' ');
  const place = text.slice(space + 1);
  const colon = place.lastIndexOf(':');
  const url = urlOf(place.slice(0, colon));
  return { functionName: space < 0 ? '' : text.slice(0, space), scriptId: '1', url, lineNumber: Number(place.slice(colon + 1)) - 1, columnNumber: 2 };
}

/** A CPU profile as V8 would give it: 1 ms between samples. */
export function sampleCpu(sampleCount = 6000, seed = 7): CpuProfileData {
  const random = sampleRandom(seed);
  const nodes: (CpuNodeData & { hitCount: number; children: number[]; positionTicks: { line: number; ticks: number }[] })[] = [];
  const byKey = new Map<string, number>();
  const add = (functionName: string, callFrame: CpuNodeData['callFrame'], parent?: number): number => {
    const key = `${parent ?? 0}/${functionName}/${callFrame.url}:${callFrame.lineNumber}`;
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const id = nodes.length + 1;
    nodes.push({ id, callFrame, hitCount: 0, children: [], positionTicks: [] });
    byKey.set(key, id);
    if (parent !== undefined) nodes[parent - 1]!.children.push(id);
    return id;
  };
  const root = add('(root)', { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 });
  const paths = STACKS.map(([weight, text]) => {
    const ids: number[] = [];
    for (const part of text.split(';')) {
      const frame = frameAt(part);
      ids.push(add(frame.functionName, frame, ids.at(-1) ?? root));
    }
    return { weight, ids };
  });
  const total = paths.reduce((sum, path) => sum + path.weight, 0);
  const samples: number[] = [];
  for (let i = 0; i < sampleCount; i++) {
    let at = random() * total;
    const path = paths.find((candidate) => (at -= candidate.weight) < 0) ?? paths[0]!;
    // Most samples hit the innermost function, some one of its callers.
    const depth = random() < 0.8 ? path.ids.length - 1 : Math.floor(random() * path.ids.length);
    const node = nodes[path.ids[depth]! - 1]!;
    node.hitCount++;
    const line = Math.max(1, node.callFrame.lineNumber + 2 + Math.floor(random() * 3));
    const known = node.positionTicks.findIndex((tick) => tick.line === line);
    if (known < 0) node.positionTicks.push({ line, ticks: 1 });
    else node.positionTicks[known] = { line, ticks: node.positionTicks[known]!.ticks + 1 };
    samples.push(node.id);
  }
  const startTime = 1_000_000;
  return { nodes, startTime, endTime: startTime + sampleCount * 1000, samples, timeDeltas: samples.map(() => 1000) };
}

/** Sampled allocations, by the same functions. */
export function sampleHeap(seed = 11): HeapProfileData {
  const random = sampleRandom(seed);
  let id = 0;
  interface Open { callFrame: CpuNodeData['callFrame']; selfSize: number; id: number; children: Open[] }
  const head: Open = { callFrame: { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 }, selfSize: 0, id: ++id, children: [] };
  for (const [weight, text] of STACKS) {
    if (text.startsWith('(')) continue;
    let node = head;
    for (const part of text.split(';')) {
      const callFrame = frameAt(part);
      let next = node.children.find((child) => child.callFrame.functionName === callFrame.functionName && child.callFrame.url === callFrame.url);
      if (next === undefined) node.children.push(next = { callFrame, selfSize: 0, id: ++id, children: [] });
      node = next;
    }
    node.selfSize += Math.round(weight * 512 * 1024 * (0.3 + random()));
  }
  return { head: head satisfies HeapNodeData, samplingIntervalBytes: 512 * 1024 };
}
