import { type Judge, PLAIN_WRITER, TRANSACTIONAL_WRITER } from "../checkers/judge.ts";
import { GroupChecker } from "../checkers/group_checker.ts";
import type { ClusterClient } from "../client/cluster_client.ts";
import type { RunPlan } from "../cluster/settings.ts";
import type { World } from "../world/world.ts";
import { Copier } from "./copier.ts";
import { GroupMember } from "./group_member.ts";
import { IdempotentProducer } from "./idempotent_producer.ts";
import { OffsetCommitter } from "./offset_committer.ts";
import { PlainProducer } from "./plain_producer.ts";
import { TailingConsumer } from "./tailing_consumer.ts";
import { TopicAdmin } from "./topic_admin.ts";
import { TransactionalProducer } from "./transactional_producer.ts";
import { COPY_TOPIC, DATA_TOPICS, TOPICS } from "./topics.ts";
import type { Actor, WorkloadContext } from "./workload.ts";

/** Clients as the plan wants them, each with connections of its own. */
export function startActors(
  world: World,
  newClient: (name: string, machine: number) => ClusterClient,
  judge: Judge,
  plan: RunPlan,
  isOn: () => boolean,
): Actor[] {
  const actors: Actor[] = [];
  const context = (name: string): WorkloadContext => ({
    name,
    client: newClient(name, actors.length),
    judge,
    random: world.random.fork(`actor ${name}`),
    topics: DATA_TOPICS,
    thinkMs: plan.thinkMs,
    isOn,
  });
  if (plan.workload !== "metadata") addRecordActors(actors, context);
  if (plan.workload === "everything") addCoordinatorActors(actors, context, judge);
  actors.push(new PlainProducer(context(`${PLAIN_WRITER}1`)));
  const admins = plan.workload === "metadata" ? 4 : 2;
  for (let i = 1; i <= admins; i++) actors.push(new TopicAdmin(context(`admin${i}`)));
  return actors;
}

function addRecordActors(actors: Actor[], context: (name: string) => WorkloadContext): void {
  actors.push(new IdempotentProducer(context("idem1")));
  actors.push(new IdempotentProducer(context("idem2")));
  for (const { name, partitions } of TOPICS) {
    for (let partition = 0; partition < partitions; partition++) {
      const isolation = partition % 2 === 0 ? "read_committed" : "read_uncommitted";
      const options = { topic: name, partition, isolation } as const;
      actors.push(new TailingConsumer(context(`reader-${name}-${partition}`), options));
    }
  }
}

function addCoordinatorActors(
  actors: Actor[],
  context: (name: string) => WorkloadContext,
  judge: Judge,
): void {
  actors.push(new TransactionalProducer(context(`${TRANSACTIONAL_WRITER}1`)));
  actors.push(new TransactionalProducer(context(`${TRANSACTIONAL_WRITER}2`)));
  actors.push(
    new Copier(context(`${TRANSACTIONAL_WRITER}-copier`), {
      source: { topic: "one", partition: 0 },
      target: { topic: COPY_TOPIC.name, partition: 0 },
    }),
  );
  for (const group of ["g1", "g2"]) {
    const place = { group, topic: "one", partition: 0 };
    actors.push(new OffsetCommitter(context(`${group}-writer`), place, "writer"));
    actors.push(new OffsetCommitter(context(`${group}-reader`), place, "reader"));
  }
  const group = new GroupChecker("members", judge.report);
  for (const member of ["m1", "m2", "m3"]) {
    actors.push(new GroupMember(context(`member-${member}`), group, DATA_TOPICS[0]!));
  }
}
