import { type ConfigResource, ConfigResourceType } from "../../../client/admin/configs.ts";

/** How things with settings are written on the command line. */
export const RESOURCE_GRAMMAR = "topic/NAME, broker/ID, broker/default or group/NAME";

/**
 * Reads `topic/orders`, `broker/1`, `broker/default` or `group/billing`.
 * @throws {SyntaxError} when it is none of them
 */
export function parseResource(text: string): ConfigResource {
  const at = text.indexOf("/");
  const kind = text.slice(0, Math.max(0, at));
  const name = text.slice(at + 1);
  if (at > 0 && name !== "") {
    if (kind === "topic") return { type: ConfigResourceType.topic, name };
    if (kind === "group") return { type: ConfigResourceType.group, name };
    if (kind === "broker" && name === "default") {
      return { type: ConfigResourceType.broker, name: "" };
    }
    if (kind === "broker" && /^\d+$/.test(name)) return { type: ConfigResourceType.broker, name };
  }
  throw new SyntaxError(`${text} is none of ${RESOURCE_GRAMMAR}`);
}
