/** An event as a person reads it: that of a timer by its delay, that of a child by its id. */
export function eventName(event: string): string {
  return event
    .replace(/^xstate\.after\.([^.]*).*$/, "after $1")
    .replace(/^xstate\.(done|error)\.actor\.(.*)$/, "$2 $1");
}
