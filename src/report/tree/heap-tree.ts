import type { HeapNodeData, HeapProfileData } from '../../profile/data/v8-data.js';
import { CallTreeBuilder, type CallTree, type OpenNode } from './call-tree.js';

/** The sampled allocations as a tree of calls. */
export function heapTree(heap: HeapProfileData, engineUrl?: string): CallTree {
  const builder = new CallTreeBuilder('all', engineUrl);
  builder.root.self += heap.head.selfSize;
  const open: { data: HeapNodeData; place: OpenNode }[] = [{ data: heap.head, place: builder.root }];
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    for (const data of top.data.children) {
      const place = builder.child(top.place, data.callFrame);
      if (data.selfSize > 0) place.self += data.selfSize;
      open.push({ data, place });
    }
  }
  return { root: builder.finish(), unit: 'bytes', title: 'memory in use' };
}
