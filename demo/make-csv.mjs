// Writes the CSV files of the shop. The same seed gives the same files.
import { closeSync, openSync, writeSync } from 'node:fs';

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const FIRST = ['Ada', 'Alan', 'Barbara', 'Dennis', 'Edsger', 'Frances', 'Grace', 'Jean', 'John', 'Katherine', 'Ken', 'Margaret', 'Niklaus', 'Radia', 'Tony'];
const LAST = ['Allen', 'Björk', 'Dupont', 'Fernández', 'Grünwald', 'Hansen', 'Hopper', 'Jansen', 'Kovács', 'Lovelace', 'Moreau', 'Naur', 'O\'Brien', 'Ritchie', 'Smith'];
const CITIES = ['Amsterdam', 'Bergen', 'Cork', 'Dresden', 'Espoo', 'Ferrara', 'Ghent', 'Helsinki', 'Málaga', 'Zürich'];
const THINGS = ['Anvil', 'Bell', 'Candle', 'Drum', 'Easel', 'Flask', 'Globe', 'Hammer', 'Inkwell', 'Jug', 'Kettle', 'Lamp'];
const NOTES = ['Leave at the door.', 'Call "before" delivery, please.', 'Gift wrap; no invoice inside.', 'Second floor,\nblue door.', 'Fragile: glass, handle with care.'];

const field = (value) => (/[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
const day = (random) => new Date(Date.UTC(2015, 0, 1) + Math.floor(random() * 3600) * 86_400_000).toISOString().slice(0, 10);

const FILES = [
  {
    name: 'customers', dialect: 'vfp', rows: 40_000, titles: ['id', 'name', 'city', 'since', 'newsletter'],
    row: (i, random, pick) => [i, `${pick(FIRST)} ${pick(LAST)}`, pick(CITIES), day(random), random() < 0.3],
  },
  {
    name: 'products', dialect: 'dbase3', rows: 5_000, titles: ['id', 'name', 'price', 'stock'],
    row: (i, random, pick) => [i, `${pick(THINGS)} no. ${i}`, (random() * 500 + 1).toFixed(2), Math.floor(random() * 1000)],
  },
  {
    name: 'orders', dialect: 'vfp', rows: 200_000, titles: ['id', 'customer', 'product', 'ordered', 'amount', 'shipped', 'note'],
    row: (i, random, pick) => [
      i, 1 + Math.floor(random() * 40_000), 1 + Math.floor(random() * 5_000), day(random), (random() * 900 + 5).toFixed(2), random() < 0.9,
      i === 1 || random() < 0.1 ? `${pick(NOTES)} ${pick(NOTES)} ${'Thank you. '.repeat(Math.floor(random() * 8))}`.trim() : '',
    ],
  },
  {
    name: 'accounts', dialect: 'foxpro2', rows: 1_000, titles: ['id', 'owner', 'balance'], schema: { id: 'numeric(6)', owner: 'numeric(8)', balance: 'numeric(12)' },
    row: (i, random) => [i, 1 + Math.floor(random() * 40_000), 1000],
  },
];

/** Writes all files into `folder`. */
export function writeCsvFiles(folder, seed) {
  return FILES.map(({ name, dialect, rows, titles, schema, row }, n) => {
    const random = seededRandom(seed * 1000 + n);
    const pick = (list) => list[Math.floor(random() * list.length)];
    const path = `${folder}/${name}.csv`;
    const file = openSync(path, 'w');
    let text = `${titles.join(',')}\r\n`;
    for (let i = 1; i <= rows; i++) {
      text += `${row(i, random, pick).map(field).join(',')}\r\n`;
      if (text.length < 1 << 20) continue;
      writeSync(file, text);
      text = '';
    }
    writeSync(file, text);
    closeSync(file);
    return { name, dialect, path, rows, schema };
  });
}
