import { FieldstoneError } from '#storage';
import type { Operand } from './filter-node.js';

/** The value of an operand. Throws QUERY when it is a parameter without a value yet. */
export function valueOf(operand: Operand): unknown {
  if (operand.kind === 'value') return operand.value;
  throw new FieldstoneError('QUERY', `the parameter "${operand.name}" has no value: run a prepared query with { ${operand.name}: ... }`);
}
