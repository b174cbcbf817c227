import { api, arrayOf, int16, int32, string } from "./dsl.ts";

/** DeleteGroups, API key 42. */
export const deleteGroupsSchema = api(42, "DeleteGroups", {
  request: {
    versions: "0-2",
    flexible: "2+",
    fields: {
      groupsNames: arrayOf("string", "0+"),
    },
  },
  response: {
    versions: "0-2",
    flexible: "2+",
    fields: {
      throttleTimeMs: int32("0+"),
      results: arrayOf("DeletableGroupResult", "0+", {
        fields: {
          groupId: string("0+", { mapKey: true }),
          errorCode: int16("0+"),
        },
      }),
    },
  },
});
