/** Where a tree reads its pages. */
export interface PageSource {
  readonly pageSizeBytes: number;
  readonly treeId: number;
  /**
   * The image of a page, verified (imageOf). A view that others share: never changed, valid for as long as it is held.
   * Throws CORRUPT_PAGE, IO.
   *
   * @param scan the reader passes over the tree once
   */
  image(pageNo: number, scan: boolean): Buffer;
}

/** Where new pages go. `page` is only valid during the call. */
export interface PageSink {
  emit(pageNo: number, page: Buffer): void;
  /** True when it is time to let others run. */
  sliceDone(): boolean;
}
