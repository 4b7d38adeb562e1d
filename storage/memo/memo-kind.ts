/** The four memo file layouts: dBASE III, dBASE IV, FoxPro, SIX/Harbour. */
export type MemoKind = 'dbt3' | 'dbt4' | 'fpt' | 'smt';

/** What a memo block holds; FPT stores it as the block type, the others do not. */
export type MemoContent = 'text' | 'binary' | 'object';

/** Where a record points. `lengthBytes` and `valueType` are known only for SMT, whose lengths stand in the record. */
export interface MemoPointer {
  readonly block: number;
  readonly lengthBytes?: number;
  readonly valueType?: number;
}
