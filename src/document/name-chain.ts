/** Something that is known of a field name. */
export interface ChainedName<Self> {
  readonly name: string;
  /** What came behind it the last time: most often it comes again, and nothing is looked up. */
  following: Self | undefined;
}

/** So many names are kept. */
const MOST_NAMES = 4096;

/** What is known of the names of fields, found by the order in which they came last. */
export class NameChain<Entry extends ChainedName<Entry>> {
  readonly #make: (name: string) => Entry;
  readonly #known = new Map<string, Entry>();

  constructor(make: (name: string) => Entry) { this.#make = make; }

  /** The name that comes behind another. */
  after(previous: Entry, name: string): Entry {
    const { following } = previous;
    return following !== undefined && following.name === name ? following : (previous.following = this.of(name));
  }

  of(name: string): Entry {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_NAMES) this.#known.clear();
    const made = this.#make(name);
    this.#known.set(name, made);
    return made;
  }
}
