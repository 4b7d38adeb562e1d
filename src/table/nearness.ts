const MOST_PLACES = 2 ** 21; // beside a record number of 32 bits still an exact number
const MOST_RECNO = 2 ** 32;

/** Places of `recnos` in the order of the record numbers, so that neighbours are read together. */
export function orderOfNearness(recnos: readonly number[]): Float64Array {
  let highest = 0;
  let sorted = true;
  for (const recno of recnos) {
    if (recno >= highest) highest = recno;
    else sorted = false;
  }
  const places = new Float64Array(recnos.length);
  for (let i = 0; i < places.length; i++) places[i] = i;
  if (sorted) return places;
  if (places.length > MOST_PLACES || highest >= MOST_RECNO) return places.sort((a, b) => (recnos[a] ?? 0) - (recnos[b] ?? 0));
  // Number and place in one: sorting without a comparator takes a tenth of the time.
  for (let i = 0; i < places.length; i++) places[i] = (recnos[i] ?? 0) * MOST_PLACES + i;
  places.sort();
  for (let i = 0; i < places.length; i++) places[i] = (places[i] ?? 0) % MOST_PLACES;
  return places;
}
