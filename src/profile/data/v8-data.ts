/** A place in the code as V8 names it: line and column from 0, -1 when unknown. */
export interface CallFrameData {
  /** Empty for anonymous functions. */
  readonly functionName: string;
  readonly scriptId?: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** A node of the call tree. */
export interface CpuNodeData {
  readonly id: number;
  readonly callFrame: CallFrameData;
  /** Samples whose innermost frame this is. */
  readonly hitCount?: number;
  /** Ids of the nodes called from here. */
  readonly children?: readonly number[];
  /** Samples by line of the function (from 1), as far as V8 tells. */
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
}

/**
 * A CPU profile in the format of V8 (Chrome DevTools Protocol, domain Profiler, type Profile). Times are in microseconds
 * of a clock of its own.
 */
export interface CpuProfileData {
  /** The root first. */
  readonly nodes: readonly CpuNodeData[];
  readonly startTime: number;
  readonly endTime: number;
  /** Id of the innermost node at each sample. */
  readonly samples?: readonly number[];
  /** Microseconds between a sample and the one before it. */
  readonly timeDeltas?: readonly number[];
}

/** A node of the tree of allocations. */
export interface HeapNodeData {
  readonly callFrame: CallFrameData;
  /** Bytes allocated here that are still in use, scaled up from the samples. */
  readonly selfSize: number;
  readonly id?: number;
  readonly children: readonly HeapNodeData[];
}

/** A sampling heap profile in the format of V8 (Chrome DevTools Protocol, domain HeapProfiler, type SamplingHeapProfile). */
export interface HeapProfileData {
  readonly head: HeapNodeData;
  readonly samples?: readonly { readonly size: number; readonly nodeId: number; readonly ordinal: number }[];
  /** Bytes between two samples, on average. */
  readonly samplingIntervalBytes?: number;
}
