import { crc32, FieldstoneError, readUpTo, type Finding, type Vfs } from '#storage';
import { CATALOG_NAME, JOURNAL_NAME, parseCatalog, walSegmentOf, type Catalog, type CatalogTable, type Engine } from '#txn';

const TEMPORARY = /\.fs-[0-9a-z]+$/;
const MAX_HEAD_BYTES = 65_536;
const MAX_CATALOG_BYTES = 64 << 20;

/** The catalog against the files, and files of ours that interrupted work left. */
export function checkFolder(engine: Engine): Finding[] {
  const { env: { vfs }, folder } = engine.options;
  const names = vfs.list(folder);
  const findings: Finding[] = [];
  let catalog: Catalog | undefined;
  try {
    catalog = readCatalogFile(vfs, `${folder}/${CATALOG_NAME}`);
  } catch (e) {
    if (!(e instanceof FieldstoneError)) throw e;
    findings.push({ code: e.code, severity: 'error', file: `${folder}/${CATALOG_NAME}`, message: e.message });
  }
  for (const table of Object.values(catalog?.tables ?? {})) findings.push(...checkFacts(engine, table, names));
  for (const store of Object.values(catalog?.stores ?? {})) {
    if (names.includes(store.file)) continue;
    findings.push({ code: 'CATALOG_STORE_MISSING', severity: 'warning', file: `${folder}/${store.file}`, message: `the catalog knows store "${store.name}", but its file is gone; if that was meant, the next write forgets it` });
  }
  findings.push(...leftovers(engine, names, catalog));
  return findings;
}

function readCatalogFile(vfs: Vfs, path: string): Catalog | undefined {
  const sizeBytes = vfs.stat(path)?.sizeBytes;
  if (sizeBytes === undefined) return undefined;
  if (sizeBytes > MAX_CATALOG_BYTES) throw new FieldstoneError('CORRUPT_PAGE', 'fieldstone.json is not a catalog of this program', { file: path });
  const bytes = new Uint8Array(sizeBytes);
  const file = vfs.open(path, 'read');
  try {
    return parseCatalog(bytes.subarray(0, readUpTo(file, bytes, 0)), path);
  } finally {
    file.close();
  }
}

function checkFacts(engine: Engine, table: CatalogTable, names: readonly string[]): Finding[] {
  const { folder, env: { vfs } } = engine.options;
  const file = `${folder}/${table.tableFile}`;
  if (!names.includes(table.tableFile)) {
    return [{ code: 'CATALOG_TABLE_MISSING', severity: 'warning', file, message: `the catalog knows table "${table.name}", but its file is gone; if that was meant, the next write forgets it` }];
  }
  const findings: Finding[] = [];
  if (table.memoFile !== undefined && !names.includes(table.memoFile)) {
    findings.push({ code: 'CATALOG_MEMO_MISSING', severity: 'warning', file: `${folder}/${table.memoFile}`, message: `the memo file of table "${table.name}" is gone` });
  }
  if (changedOutside(vfs, file, table)) {
    findings.push({ code: 'CHANGED_OUTSIDE', severity: 'note', file, message: `table "${table.name}" was changed by another program since it was last written here; that is fine, it is read as it is` });
  }
  return findings;
}

/** Header or size differ from what the last checkpoint left. Files that grow by a load under way are longer, not different. */
function changedOutside(vfs: Vfs, path: string, { fingerprint }: CatalogTable): boolean {
  const file = vfs.open(path, 'read');
  try {
    const head = new Uint8Array(Math.min(MAX_HEAD_BYTES, file.stat().sizeBytes));
    const got = head.subarray(0, readUpTo(file, head, 0));
    const length = got[0] === 2 ? 521 : (got[8] ?? 0) | ((got[9] ?? 0) << 8);
    return file.stat().sizeBytes < fingerprint.sizeBytes || crc32(got.subarray(0, length)) !== fingerprint.headCrc;
  } finally {
    file.close();
  }
}

function leftovers(engine: Engine, names: readonly string[], catalog: Catalog | undefined): Finding[] {
  const { folder, readOnly } = engine.options;
  const findings: Finding[] = [];
  const note = (name: string, message: string): void => { findings.push({ code: 'LEFTOVER', severity: 'note', file: `${folder}/${name}`, message }); };
  for (const name of names) {
    const segment = walSegmentOf(name);
    // Beside a writer these belong to work that is under way; without one the next open for writing settles them.
    if (!readOnly) continue;
    if (TEMPORARY.test(name)) note(name, 'a file that was being built: work under way, or left by a crash; the next open for writing removes it');
    else if (name === JOURNAL_NAME) note(name, 'a checkpoint under way, or one that a crash interrupted; the next open for writing settles it');
    else if (segment !== undefined && catalog !== undefined && segment < catalog.firstSegment) note(name, 'a log segment that is no longer needed; the next open for writing removes it');
  }
  return findings;
}
