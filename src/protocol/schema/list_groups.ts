import { api, arrayOf, int16, int32, string } from "./dsl.ts";

/** ListGroups, API key 16. */
export const listGroupsSchema = api(16, "ListGroups", {
  request: {
    versions: "0-5",
    flexible: "3+",
    fields: {
      statesFilter: arrayOf("string", "4+"),
      typesFilter: arrayOf("string", "5+"),
    },
  },
  response: {
    versions: "0-5",
    flexible: "3+",
    fields: {
      throttleTimeMs: int32("1+", { ignorable: true }),
      errorCode: int16("0+"),
      groups: arrayOf("ListedGroup", "0+", {
        fields: {
          groupId: string("0+"),
          protocolType: string("0+"),
          groupState: string("4+", { ignorable: true }),
          groupType: string("5+", { ignorable: true }),
        },
      }),
    },
  },
});
