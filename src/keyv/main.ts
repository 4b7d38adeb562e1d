// The public door: everything that users import from 'fieldstone/keyv'.
export { FieldstoneKeyv, type FieldstoneKeyvOptions, type KeyvSetEntry, type KeyvSetResults } from './fieldstone-keyv.js';
