import { bytesText, ratio } from '../../format/units.js';
import { column, figure, part, table, text, type Section } from '../markup.js';
import { counted, shared, sized, timed } from '../figures.js';
import type { ReportContext } from '../report-context.js';

/** Codecs. */
export function codecsSection({ data: { codecs = [] } }: ReportContext): Section {
  const rows = codecs.map((one) => [
    one.name, sized(one.bytesIn), sized(one.bytesOut), shared(ratio(one.bytesOut, one.bytesIn)),
    counted(one.compressed), counted(one.keptPlain), timed(one.compressNs), counted(one.decompressed), timed(one.decompressNs), shared(one.cpuShare),
  ]);
  return {
    id: 'codecs', title: 'Codecs', body: table([
      column('Codec'), column('Bytes in', true), column('Bytes out', true), column('Ratio', true), column('Compressed', true), column('Kept plain', true), column('Time compressing', true),
      column('Decompressed', true), column('Time decompressing', true), column('Of the processor', true),
    ], rows),
  };
}

/** The buffer pool. */
export function buffersSection({ data: { buffers } }: ReportContext): Section {
  const rows = (buffers?.classes ?? []).map((one) => [
    figure(one.sizeBytes, (bytes) => (bytes === 0 ? 'all' : bytesText(bytes))), counted(one.taken), shared(ratio(one.reused, one.taken)), counted(one.allocated),
    counted(one.dropped), counted(one.outstanding),
  ]);
  return {
    id: 'buffers', title: 'Buffer pool', body: table([
      column('Size'), column('Lent', true), column('Used again', true), column('Made new', true), column('Thrown away', true), column('Lent at the end', true),
    ], rows),
  };
}

/** Options in force, those that differ from their default first, and every counter. */
export function settingsSection({ data: { knobs = [], counters = {} } }: ReportContext): Section {
  const isChanged = (knob: (typeof knobs)[number]): boolean => knob.default !== undefined && knob.default !== knob.value;
  const sorted = [...knobs].sort((a, b) => Number(isChanged(b)) - Number(isChanged(a)));
  const options = table([column('Option'), column('Value'), column('From'), column('Default'), column('Meaning')], sorted.map((knob) => [
    { markup: `<code>${text(knob.name)}</code>` }, { markup: isChanged(knob) ? `<b>${text(knob.value)}</b>` : text(knob.value) }, knob.source, knob.default ?? '',
    { markup: `<small>${text(knob.meaning ?? '')}</small>` },
  ]));
  const all = table([column('Counter'), column('Value', true)], Object.entries(counters).flatMap(([group, fields]) => (
    Object.entries(fields).map(([field, value]) => [`${group}.${field}`, counted(value)])
  )));
  return {
    id: 'settings', title: 'Options and counters',
    body: options + (all === '' ? '' : part('Every counter', `<details><summary>Show them</summary>${all}</details>`, 'What happened during the profile; what tells a state, at its end.')),
  };
}
