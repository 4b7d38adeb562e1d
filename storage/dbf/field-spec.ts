/** A column of a table that is to be made. */
export interface FieldSpec {
  /** At most 10 characters: ASCII letters, digits and _, not beginning with a digit. Upper case in the header. */
  readonly name: string;
  /** Type letter: C N F L D M, and for Visual FoxPro also G B I Y T V Q W. */
  readonly type: string;
  /** Bytes in the record; types of one width (D L I B Y T M G W) ignore it. */
  readonly length: number;
  /** Digits after the point of N and F; digits shown of B. */
  readonly decimals: number;
  /** May hold null (Visual FoxPro). */
  readonly nullable?: boolean;
  /** C, V and M that are bytes and not text of the code page (Visual FoxPro). */
  readonly binary?: boolean;
  /** An I field whose value the table gives (Visual FoxPro): the value of the next record, and what is added each time. */
  readonly autoIncrement?: { readonly next: number; readonly step: number };
}
