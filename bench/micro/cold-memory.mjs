// What it costs to touch memory that was not touched for a while: on some virtual machines the host takes pages away after a few milliseconds and gives them
// back at the first access. Such a cost is added to whatever is measured after a pause, and most to the fastest subject. Usage: node cold-memory.mjs
const PAGE_BYTES = 4096;
const PAGES = 8192;
const memory = new Uint8Array(PAGES * PAGE_BYTES).fill(1);

function touchNs() {
  const start = performance.now();
  let sum = 0;
  for (let page = 0; page < PAGES; page++) sum += memory[page * PAGE_BYTES];
  if (sum !== PAGES) throw new Error('the memory changed');
  return (performance.now() - start) * 1e6 / PAGES;
}

for (const busy of [false, true]) {
  for (const pauseMs of [0, 5, 20, 50, 100, 200, 500]) {
    const times = [];
    for (let round = 0; round < 5; round++) {
      touchNs();
      const until = performance.now() + pauseMs;
      if (busy) while (performance.now() < until);
      else await new Promise((resolve) => { setTimeout(resolve, pauseMs); });
      times.push(touchNs());
    }
    times.sort((a, b) => a - b);
    const what = `${String(pauseMs).padStart(3)} ms ${busy ? 'busy elsewhere' : 'asleep       '}`;
    console.log(`${what}: ${times[2].toFixed(0).padStart(5)} ns a page (${times[0].toFixed(0)} to ${times[4].toFixed(0)})`);
  }
}
