/** What a LinkedList needs in its elements; only the list changes it. */
export interface Linked<Element> {
  linked: boolean;
  previous: Element | undefined;
  next: Element | undefined;
}

/**
 * A list of objects that carry their own links: adding and removing allocate nothing (a Set that is emptied and
 * filled again all the time is rebuilt every few calls). An element is in one list at most.
 */
export class LinkedList<Element extends Linked<Element>> implements Iterable<Element> {
  #first: Element | undefined;
  #last: Element | undefined;
  #count = 0;

  get count(): number { return this.#count; }
  get first(): Element | undefined { return this.#first; }

  /** At the end; nothing when it is in the list. */
  add(element: Element): void {
    if (element.linked) return;
    element.linked = true;
    element.previous = this.#last;
    element.next = undefined;
    if (this.#last === undefined) this.#first = element;
    else this.#last.next = element;
    this.#last = element;
    this.#count++;
  }

  /** Nothing when it is not in the list. */
  remove(element: Element): void {
    if (!element.linked) return;
    const { previous, next } = element;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    element.linked = false;
    element.previous = undefined;
    element.next = undefined;
    this.#count--;
  }

  /** In the order of add(). An element that was reached may be removed; its follower is known by then. */
  *[Symbol.iterator](): Iterator<Element> {
    let element = this.#first;
    while (element !== undefined) {
      const { next } = element;
      yield element;
      element = next;
    }
  }
}
