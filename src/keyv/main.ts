// The public door: everything that users import from 'fieldstone/keyv'.
export { FieldstoneKeyv, type FieldstoneKeyvOptions, type KeyvSetEntry } from './fieldstone-keyv.js';
