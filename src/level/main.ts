// The public door: everything that users import from 'fieldstone/level'.
export { FieldstoneLevel, type FieldstoneLevelOptions, type LevelWriteOptions } from './fieldstone-level.js';
