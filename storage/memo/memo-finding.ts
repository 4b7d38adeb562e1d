/** Something odd but tolerated in a memo file. `code` is stable, for example `MEMO_DANGLING`. */
export interface MemoFinding {
  readonly code: string;
  readonly message: string;
  readonly severity: 'note' | 'warning' | 'error';
  readonly file?: string;
  readonly offset?: number;
  readonly recno?: number;
  readonly field?: string;
}
