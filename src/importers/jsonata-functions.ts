/** Functions of JSONata that have a counterpart. */

/** Functions whose first argument is a list. */
export const OF_LISTS: ReadonlySet<string> = new Set(
  "sum max min average count join distinct reverse sort append map filter".split(" "),
);

/** Functions with the same arguments in another name, by the number of them. */
export const FUNCTIONS: Readonly<Record<string, (args: readonly string[]) => string>> = {
  "string 1": ([a]) => `string(${a})`,
  "number 1": ([a]) => `double(${a})`,
  "boolean 1": ([a]) => `bool(${a})`,
  "not 1": ([a]) => `!(${a})`,
  "length 1": ([a]) => `size(${a})`,
  "count 1": ([a]) => `size(${a})`,
  "sum 1": ([a]) => `(${a}).sum()`,
  "max 1": ([a]) => `(${a}).max()`,
  "min 1": ([a]) => `(${a}).min()`,
  "average 1": ([a]) => `(${a}).sum() / size(${a})`,
  "abs 1": ([a]) => `math.abs(${a})`,
  "floor 1": ([a]) => `math.floor(${a})`,
  "ceil 1": ([a]) => `math.ceil(${a})`,
  "round 1": ([a]) => `math.round(${a})`,
  "round 2": ([a, b]) => `math.round(${a}, ${b})`,
  "power 2": ([a, b]) => `math.pow(${a}, ${b})`,
  "sqrt 1": ([a]) => `math.sqrt(${a})`,
  "uppercase 1": ([a]) => `(${a}).upperAscii()`,
  "lowercase 1": ([a]) => `(${a}).lowerAscii()`,
  "trim 1": ([a]) => `(${a}).trim()`,
  "contains 2": ([a, b]) => `(${a}).contains(${b})`,
  "substring 2": ([a, b]) => `(${a}).substring(${b})`,
  "substring 3": ([a, b, c]) => `(${a}).substring(${b}, ${b} + ${c})`,
  "split 2": ([a, b]) => `(${a}).split(${b})`,
  "join 1": ([a]) => `(${a}).join('')`,
  "join 2": ([a, b]) => `(${a}).join(${b})`,
  "replace 3": ([a, b, c]) => `(${a}).replace(${b}, ${c})`,
  "append 2": ([a, b]) => `(${a} + ${b})`,
  "reverse 1": ([a]) => `(${a}).reverse()`,
  "distinct 1": ([a]) => `(${a}).distinct()`,
  "sort 1": ([a]) => `(${a}).sort()`,
  "keys 1": ([a]) => `(${a}).keys()`,
  "parse 1": ([a]) => `json.decode(${a})`,
  "base64encode 1": ([a]) => `base64.encode(${a})`,
  "base64decode 1": ([a]) => `base64.decode(${a})`,
  "millis 0": () => "now",
  "now 0": () => "string(timestamp(now))",
  "toMillis 1": ([a]) => `int(timestamp(${a}))`,
  "fromMillis 1": ([a]) => `string(timestamp(${a}))`,
};
