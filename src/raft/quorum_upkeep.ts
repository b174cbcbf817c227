import type { NodeId } from "./messages.ts";

/** A node that votes, or could. */
export interface UpkeepNode {
  readonly node: NodeId;
  /** Of the broker; a broker with another disk is another node and has the same id. */
  readonly brokerId: number;
  /** Undefined when none was told. */
  readonly rack: string | undefined;
  /** The cluster counts on the broker, and it was heard lately. */
  readonly isHealthy: boolean;
  /** Unhealthy for so long that it is not waited for any more. */
  readonly isGivenUp: boolean;
  /** The broker was taken out of the cluster, or has another disk by now: this node never returns. */
  readonly isGone: boolean;
}

/** What the leader knows when it looks after the voters. */
export interface UpkeepView {
  readonly leader: NodeId;
  readonly voters: readonly UpkeepNode[];
  /** Healthy nodes with all of the log that do not vote; none with the broker id of a voter. */
  readonly candidates: readonly UpkeepNode[];
  readonly votersMax: number;
}

/** One change of the voters. */
export type UpkeepChange =
  | { readonly kind: "add"; readonly node: NodeId }
  | { readonly kind: "remove"; readonly node: NodeId };

/**
 * The next step towards a quorum of an odd number of voters, at most `votersMax`, on as many racks
 * as can be; undefined when nothing is to be done, or nothing can be done safely.
 *
 * - A node that never returns goes at once.
 * - While there are candidates enough to reach the next odd number, one is added.
 * - A voter that was given up is replaced: a candidate comes first, then it goes. Without a
 *   candidate it stays, because it may still come back and a smaller quorum tolerates no more.
 * - An even number tolerates no more failures than the odd one below it: one goes.
 * - A candidate of a rack that has two voters less than the fullest takes the place of one there.
 *
 * No step is taken whose outcome could not be committed by the voters that are healthy now.
 */
export function nextVoterChange(view: UpkeepView): UpkeepChange | undefined {
  const { voters, votersMax } = view;
  const gone = voters.find(({ isGone }) => isGone);
  if (gone !== undefined) return removal(view, gone);
  const count = voters.length;
  const reachable = oddAtMost(Math.min(votersMax, count + view.candidates.length));
  if (count < reachable) return addition(view);
  if (count > reachable || count % 2 === 0) return removal(view, leastUseful(view));
  if (voters.some(({ isGivenUp }) => isGivenUp)) return addition(view);
  return spreadsRacks(view) ? addition(view) : undefined;
}

function oddAtMost(count: number): number {
  return count % 2 === 1 ? count : Math.max(1, count - 1);
}

function addition(view: UpkeepView): UpkeepChange | undefined {
  const best = bestCandidate(view);
  if (best === undefined) return undefined;
  return isSafe(healthyCount(view) + 1, view.voters.length + 1)
    ? { kind: "add", node: best.node }
    : undefined;
}

function removal(view: UpkeepView, node: UpkeepNode | undefined): UpkeepChange | undefined {
  if (node === undefined || view.voters.length === 1) return undefined;
  const healthy = healthyCount(view) - (isAlive(node) ? 1 : 0);
  return isSafe(healthy, view.voters.length - 1) ? { kind: "remove", node: node.node } : undefined;
}

function isAlive({ isHealthy, isGone }: UpkeepNode): boolean {
  return isHealthy && !isGone;
}

function healthyCount({ voters }: UpkeepView): number {
  return voters.filter(isAlive).length;
}

/** Whether the voters after the change can commit it. */
function isSafe(healthy: number, voters: number): boolean {
  return healthy >= Math.floor(voters / 2) + 1;
}

function rackCount({ voters }: UpkeepView, rack: string | undefined): number {
  return voters.filter((voter) => voter.rack === rack).length;
}

/** Of the rack with the fewest voters; among equals the lowest broker id. */
function bestCandidate(view: UpkeepView): UpkeepNode | undefined {
  return view.candidates.toSorted((a, b) =>
    rackCount(view, a.rack) - rackCount(view, b.rack) || a.brokerId - b.brokerId
  )[0];
}

/** Given up before unhealthy before of the fullest rack; among equals the highest broker id. */
function leastUseful(view: UpkeepView): UpkeepNode | undefined {
  const rank = (node: UpkeepNode) => node.isGivenUp ? 2 : isAlive(node) ? 0 : 1;
  return view.voters.filter(({ node }) => node !== view.leader).toSorted((a, b) =>
    rank(b) - rank(a) || rackCount(view, b.rack) - rackCount(view, a.rack) ||
    b.brokerId - a.brokerId
  )[0];
}

/** A voter without a rack is on its own: nobody knows whom it shares a fate with. */
function spreadsRacks(view: UpkeepView): boolean {
  const best = bestCandidate(view);
  if (best?.rack === undefined || view.voters.some(({ rack }) => rack === undefined)) return false;
  const fullest = Math.max(...view.voters.map(({ rack }) => rackCount(view, rack)));
  const replaced = leastUseful(view);
  return rackCount(view, best.rack) + 2 <= fullest && replaced !== undefined &&
    rackCount(view, replaced.rack) === fullest;
}
