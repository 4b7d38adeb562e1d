import type { Finding } from '#storage';

const SHOWN_OF_A_KIND = 20;

/** Findings of one file: of each kind the first are kept, the rest is counted. */
export class StoreFindings {
  readonly #file: string;
  readonly #findings: Finding[] = [];
  readonly #counts = new Map<string, { readonly severity: Finding['severity']; count: number }>();

  constructor(file: string) { this.#file = file; }

  add(code: string, severity: Finding['severity'], message: string, offset?: number): void {
    const kind = this.#counts.get(code) ?? { severity, count: 0 };
    this.#counts.set(code, kind);
    if (++kind.count <= SHOWN_OF_A_KIND) this.#findings.push({ code, severity, message, file: this.#file, ...(offset === undefined ? {} : { offset }) });
  }

  list(): Finding[] {
    const more = [...this.#counts].filter(([, { count }]) => count > SHOWN_OF_A_KIND)
      .map(([code, { severity, count }]): Finding => ({ code, severity, message: `${count - SHOWN_OF_A_KIND} more of this kind`, file: this.#file }));
    return [...this.#findings, ...more];
  }
}
