/** Scripts that are no more than assignments: `x = 1; total += price; n++; var y = x`. */
import type { AnyNode } from "acorn";
import { acorn } from "./parsers.ts";

export type Statement = {
  /** What is assigned to, and what, as JavaScript. */
  readonly location: string;
  /** None where a variable is only made. */
  readonly expression: string | undefined;
  /** The variable is made here. */
  readonly isDeclared: boolean;
};

export type Script =
  | { readonly ok: true; readonly statements: readonly Statement[] }
  | { readonly ok: false; readonly reason: string };

const CHARS_MAX = 20_000;

export function statementsOf(source: string): Script {
  if (source.length > CHARS_MAX) return { ok: false, reason: `a script may have ${CHARS_MAX} characters` };
  const statements: Statement[] = [];
  try {
    for (const node of acorn().parse(source, { ecmaVersion: 2022 }).body) {
      const found = statementOf(node, source);
      if (found === undefined) return { ok: false, reason: "a script that does more than assign is code" };
      statements.push(...found);
    }
  } catch (error) {
    if (error instanceof SyntaxError)
      return { ok: false, reason: `the script does not parse: ${error.message}` };
    if (error instanceof RangeError) return { ok: false, reason: "the script is nested too deeply" };
    throw error;
  }
  return { ok: true, statements };
}

function statementOf(node: AnyNode, source: string): readonly Statement[] | undefined {
  const textOf = ({ start, end }: AnyNode) => source.slice(start, end);
  if (node.type === "EmptyStatement") return [];
  if (node.type === "VariableDeclaration") {
    const found: Statement[] = [];
    for (const { id, init } of node.declarations) {
      if (id.type !== "Identifier") return undefined;
      found.push({
        location: id.name,
        expression: init == null ? undefined : textOf(init),
        isDeclared: true,
      });
    }
    return found;
  }
  if (node.type !== "ExpressionStatement") return undefined;
  const { expression } = node;
  if (expression.type === "UpdateExpression") {
    const location = textOf(expression.argument);
    return [{ location, expression: `${location} ${expression.operator.slice(0, 1)} 1`, isDeclared: false }];
  }
  if (expression.type !== "AssignmentExpression") return undefined;
  const { operator, left, right } = expression;
  const location = textOf(left);
  const value = textOf(right);
  return [
    {
      location,
      expression: operator === "=" ? value : `${location} ${operator.slice(0, -1)} (${value})`,
      isDeclared: false,
    },
  ];
}
