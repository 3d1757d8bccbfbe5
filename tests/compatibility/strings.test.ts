import { describeAgainstRedis } from "./differential.ts";

describeAgainstRedis("GET and SET", {
  "a value is what was set": `
    GET k
    SET k v
    GET k
    SET k "\\x00\\r\\n\\xff"
    GET k
    !GET
    !GET a b
  `,
});
