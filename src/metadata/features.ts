/** Feature levels (KIP-584): what this version supports, and what the cluster has agreed on. Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type {
  FeatureUpdateKey,
  UpdateFeaturesRequest,
} from "../protocol/generated/update_features_request.ts";
import type { UpdateFeaturesResponseInit } from "../protocol/generated/update_features_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import { type Decision, type Refusal, refuse, repeatedKeys } from "./decision.ts";
import { eligibilityDropped } from "./eligible_replicas.ts";
import { ELIGIBLE_REPLICAS_FEATURE } from "./leadership_rules.ts";
import type { MetadataRecordInit } from "./records.ts";

/** The levels of a feature that this version can work with. */
export interface SupportedFeature {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** What a new cluster begins with. */
  readonly initial: number;
}

/**
 * The features of Kafka 4.2, each up to the level that this version really has: those of the newer
 * kinds of groups are off. Level 29 of `metadata.version` is 4.2-IV1.
 */
export const SUPPORTED_FEATURES: readonly SupportedFeature[] = [
  { name: "metadata.version", min: 7, max: 29, initial: 29 },
  { name: "kraft.version", min: 0, max: 1, initial: 0 },
  { name: "transaction.version", min: 0, max: 2, initial: 2 },
  { name: "group.version", min: 0, max: 0, initial: 0 },
  { name: ELIGIBLE_REPLICAS_FEATURE, min: 0, max: 1, initial: 1 },
  { name: "share.version", min: 0, max: 0, initial: 0 },
  { name: "streams.version", min: 0, max: 0, initial: 0 },
];

/** How a level may change, as the protocol numbers it. */
const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const;

/** The first records of a new cluster: `metadata.version` before all others, as Kafka wants it. */
export function initialFeatureRecords(): MetadataRecordInit[] {
  return SUPPORTED_FEATURES.filter(({ initial }) => initial > 0).map(({ name, initial }) => ({
    type: "FeatureLevelRecord",
    value: { name, featureLevel: initial },
  }));
}

/** UpdateFeatures: all levels change, or none. */
export function updateFeatures(
  image: ClusterImage,
  request: UpdateFeaturesRequest,
  apiVersion: number,
): Decision<UpdateFeaturesResponseInit> {
  const { featureUpdates, validateOnly } = request;
  const refusal = checkForm(featureUpdates) ?? firstRefusal(image, featureUpdates, apiVersion);
  if (refusal !== undefined) {
    const { errorCode, message } = refusal;
    return {
      records: [],
      response: { throttleTimeMs: 0, errorCode, errorMessage: message, results: [] },
    };
  }
  const records: MetadataRecordInit[] = [];
  for (const { feature, maxVersionLevel } of featureUpdates) {
    if (validateOnly || image.featureLevel(feature) === maxVersionLevel) continue;
    records.push({
      type: "FeatureLevelRecord",
      value: { name: feature, featureLevel: maxVersionLevel },
    });
    if (feature === ELIGIBLE_REPLICAS_FEATURE && maxVersionLevel === 0) {
      records.push(...eligibilityDropped(image));
    }
  }
  const results = featureUpdates.map(({ feature }) => ({
    feature,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
  }));
  return {
    records,
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, results },
  };
}

function checkForm(updates: readonly FeatureUpdateKey[]): Refusal | undefined {
  if (updates.length === 0) return refuse(ErrorCode.INVALID_REQUEST, "No feature is named.");
  const [repeated] = repeatedKeys(updates.map(({ feature }) => feature));
  if (repeated === undefined) return undefined;
  return refuse(ErrorCode.INVALID_REQUEST, `The request names feature '${repeated}' twice.`);
}

function firstRefusal(
  image: ClusterImage,
  updates: readonly FeatureUpdateKey[],
  apiVersion: number,
): Refusal | undefined {
  for (const update of updates) {
    const problem = updateProblem(image, update, apiVersion);
    if (problem !== undefined) {
      const message = `Nothing was changed, because of feature '${update.feature}': ${problem}`;
      return refuse(ErrorCode.INVALID_UPDATE_VERSION, message);
    }
  }
  return undefined;
}

function updateProblem(
  image: ClusterImage,
  update: FeatureUpdateKey,
  apiVersion: number,
): string | undefined {
  const { feature, maxVersionLevel: level } = update;
  const supported = SUPPORTED_FEATURES.find(({ name }) => name === feature);
  if (supported === undefined) return "there is no such feature.";
  const { min, max } = supported;
  if (level < min || level > max) return `the level must be ${min} to ${max}, not ${level}.`;
  const current = image.featureLevel(feature);
  if (level === current) return undefined;
  const unable = brokerWithout(image, feature, level);
  if (unable !== undefined) return `broker ${unable} does not support level ${level}.`;
  if (feature === "kraft.version") return "its level belongs to the quorum and stays as it is.";
  if (level > current) {
    return allowsUpgrade(update, apiVersion)
      ? undefined
      : `a downgrade is asked for, but level ${level} is above ${current}.`;
  }
  // Our records are written in the newest layouts, which older levels don't know.
  if (feature === "metadata.version") return `its level can't go back from ${current}.`;
  return allowsDowngrade(update, apiVersion)
    ? undefined
    : `level ${level} is below ${current}, and the request allows no downgrade.`;
}

/** A registered broker that can't work with a level; one that never started has yet to tell. */
function brokerWithout(image: ClusterImage, feature: string, level: number): number | undefined {
  for (const { id, features } of image.brokers.all()) {
    const range = features.find(({ name }) => name === feature) ??
      { minSupportedVersion: 0, maxSupportedVersion: 0 };
    const isAble = level >= range.minSupportedVersion && level <= range.maxSupportedVersion;
    if (features.length > 0 && !isAble) return id;
  }
  return undefined;
}

/** Version 0 knows only whether a downgrade is allowed. */
function allowsUpgrade({ upgradeType }: FeatureUpdateKey, apiVersion: number): boolean {
  return apiVersion === 0 || upgradeType === UpgradeType.UPGRADE;
}

function allowsDowngrade(
  { allowDowngrade, upgradeType }: FeatureUpdateKey,
  apiVersion: number,
): boolean {
  if (apiVersion === 0) return allowDowngrade;
  return upgradeType === UpgradeType.SAFE_DOWNGRADE ||
    upgradeType === UpgradeType.UNSAFE_DOWNGRADE;
}
