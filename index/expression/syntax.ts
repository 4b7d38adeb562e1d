/** Binary operators, as the parser names them. */
export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '^' | '=' | '==' | '<>' | '<' | '<=' | '>' | '>=' | '$' | 'AND' | 'OR';

/** An expression as it is written. `at` is the place of its first character in the text. Texts are bytes as Latin-1. */
export type Syntax =
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  | { readonly kind: 'number'; readonly value: number; readonly decimals: number; readonly at: number }
  | { readonly kind: 'logical'; readonly value: boolean; readonly at: number }
  | { readonly kind: 'date'; readonly year: number; readonly month: number; readonly day: number; readonly at: number }
  | { readonly kind: 'null'; readonly at: number }
  | { readonly kind: 'field'; readonly alias: string | undefined; readonly name: string; readonly at: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Syntax[]; readonly at: number }
  | { readonly kind: 'unary'; readonly operator: '-' | 'NOT'; readonly operand: Syntax; readonly at: number }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Syntax; readonly right: Syntax; readonly at: number };

/** The fields that an expression names, upper case, each once, in the order of the text. */
export function fieldsOf(expression: Syntax): string[] {
  const names = new Set<string>();
  const visit = (node: Syntax): void => {
    switch (node.kind) {
      case 'field': names.add(node.name.toUpperCase()); return;
      case 'call': node.args.forEach(visit); return;
      case 'unary': visit(node.operand); return;
      case 'binary': visit(node.left); visit(node.right); return;
      case 'text': case 'number': case 'logical': case 'date': case 'null': return;
    }
  };
  visit(expression);
  return [...names];
}
