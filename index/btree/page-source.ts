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
  /**
   * The same for one look at a leaf, valid until the next call: a source may read a page that it will not keep into memory which it uses again. Sources
   * without such memory leave it out.
   */
  glimpse?(pageNo: number): Buffer;
}

/** Where new pages go. `page` is only valid during the call. */
export interface PageSink {
  emit(pageNo: number, page: Buffer): void;
  /** True when it is time to let others run. */
  sliceDone(): boolean;
}
