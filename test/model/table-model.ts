/** The simplest thing that behaves like a table: an array of rows with delete marks. */
export interface ModelRow {
  readonly deleted: boolean;
  readonly name: string;
  readonly amount: number | null;
  readonly notes: string;
}

export type ModelTable = ModelRow[];

/** Tables by name; copied when a snapshot is taken. */
export class Model {
  tables = new Map<string, ModelTable>();
  snapshots: Map<string, ModelTable>[] = [];

  copy(): Map<string, ModelTable> {
    return new Map([...this.tables].map(([name, rows]) => [name, [...rows]]));
  }
}

export function visible(row: ModelRow | undefined): { name: string; amount: number | null; notes: string } | undefined {
  return row === undefined || row.deleted ? undefined : { name: row.name, amount: row.amount, notes: row.notes };
}
