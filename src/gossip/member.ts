/** A member of the cluster as one of its members sees it. */

/** A host (IP address) and a port, the same for packets and for streams. */
export interface MemberAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * - `alive`: answers probes.
 * - `suspect`: has not answered lately, and may still refute it.
 * - `failed`: has not answered for the time of a suspicion; may come back.
 * - `left`: has said itself that it goes.
 */
export type MemberState = "alive" | "suspect" | "failed" | "left";

/** What a member says of itself. Only the member changes it, with a higher incarnation. */
export interface MemberProfile {
  /** Unique in the cluster, and the same after a restart. */
  readonly name: string;
  readonly address: MemberAddress;
  /** Unique to one run of the process, so that what was meant for an earlier run is not obeyed. */
  readonly bootId: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** A member at one moment. Never modified: a change makes a new one. */
export interface Member extends MemberProfile {
  readonly state: MemberState;
  /** Grows with each refutation and each change of the profile; of two claims the higher wins. */
  readonly incarnation: number;
}

/** True for a member that takes part: one that is suspected does until it is found to have failed. */
export function isPresent(member: Pick<Member, "state">): boolean {
  return member.state === "alive" || member.state === "suspect";
}

/** UTF-8 bytes of a name or of a boot id at most. */
export const NAME_BYTES_MAX = 64;
/** UTF-8 bytes of a host at most: the longest IPv6 address with a zone fits. */
export const HOST_BYTES_MAX = 64;
/** UTF-8 bytes of all keys and values of the tags at most, so that a profile fits in a packet. */
export const TAGS_BYTES_MAX = 900;
/** Tags of one member at most. */
export const TAG_COUNT_MAX = 32;
/** An incarnation that no member reaches by itself: one step a millisecond for 8,900 years. */
export const INCARNATION_MAX = 2 ** 48;

/** What is wrong with a profile, or undefined when it can be spread. */
export function profileProblem(profile: MemberProfile): string | undefined {
  const { name, address, bootId, tags } = profile;
  if (!isShort(name, NAME_BYTES_MAX)) return `a name has 1 to ${NAME_BYTES_MAX} bytes`;
  if (!isShort(bootId, NAME_BYTES_MAX)) return `a boot id has 1 to ${NAME_BYTES_MAX} bytes`;
  if (!isShort(address.host, HOST_BYTES_MAX)) return `a host has 1 to ${HOST_BYTES_MAX} bytes`;
  if (!Number.isInteger(address.port) || address.port < 1 || address.port > 65_535) {
    return "a port is a number from 1 to 65535";
  }
  if (tags.size > TAG_COUNT_MAX) return `a member has at most ${TAG_COUNT_MAX} tags`;
  return tagsBytes(tags) > TAGS_BYTES_MAX
    ? `the tags of a member have at most ${TAGS_BYTES_MAX} bytes`
    : undefined;
}

/** UTF-8 bytes of all keys and values, with one byte of length for each. */
export function tagsBytes(tags: ReadonlyMap<string, string>): number {
  let bytes = 0;
  for (const [key, value] of tags) {
    bytes += utf8Length(key) + utf8Length(value) + 2;
  }
  return bytes;
}

function isShort(text: string, bytesMax: number): boolean {
  return text.length > 0 && text.length <= bytesMax && utf8Length(text) <= bytesMax;
}

/** Bytes of `text` in UTF-8; half a surrogate pair counts as what it is replaced by. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    // A pair is four bytes for two units.
    if ((unit & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return bytes;
}

/** True when both name the same port. */
export function isSameAddress(a: MemberAddress, b: MemberAddress): boolean {
  return a.host === b.host && a.port === b.port;
}

/** True when both say the same of a member, whatever they think of its state. */
export function isSameProfile(a: MemberProfile, b: MemberProfile): boolean {
  return a.bootId === b.bootId && isSameAddress(a.address, b.address) &&
    isSameTags(a.tags, b.tags);
}

/** True when both hold the same keys with the same values, in whatever order. */
export function isSameTags(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}
