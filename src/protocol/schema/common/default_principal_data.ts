import { bool, message, string } from "../dsl.ts";

/** DefaultPrincipalData. */
export const defaultPrincipalDataSchema = message("data", "DefaultPrincipalData", {
  versions: "0",
  flexible: "0+",
  fields: {
    type: string("0+"),
    name: string("0+"),
    tokenAuthenticated: bool("0+"),
  },
});
